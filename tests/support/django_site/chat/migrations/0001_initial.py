from django.conf import settings
import django.contrib.auth.models
import django.contrib.auth.validators
from django.db import migrations, models
import django.db.models.deletion
import django.utils.timezone


class Migration(migrations.Migration):
    initial = True
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("is_superuser", models.BooleanField(
                    default=False, verbose_name="superuser status",
                    help_text="Designates that this user has all permissions without explicitly assigning them.")),
                ("username", models.CharField(
                    error_messages={"unique": "A user with that username already exists."}, max_length=150, unique=True,
                    help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                    validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name="username")),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                ("is_staff", models.BooleanField(
                    default=False, verbose_name="staff status",
                    help_text="Designates whether the user can log into this admin site.")),
                ("is_active", models.BooleanField(
                    default=True, verbose_name="active",
                    help_text="Designates whether this user should be treated as active. "
                              "Unselect this instead of deleting accounts.")),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("user_type", models.CharField(
                    choices=[("student", "Student"), ("staff", "Staff"), ("owner", "Owner")], default="student",
                    max_length=10)),
                ("groups", models.ManyToManyField(
                    blank=True, related_name="user_set", related_query_name="user", to="auth.Group",
                    verbose_name="groups",
                    help_text="The groups this user belongs to. A user will get all permissions granted to each of "
                              "their groups.")),
                ("user_permissions", models.ManyToManyField(
                    blank=True, help_text="Specific permissions for this user.", related_name="user_set",
                    related_query_name="user", to="auth.Permission", verbose_name="user permissions")),
            ],
            options={"verbose_name": "user", "verbose_name_plural": "users", "abstract": False},
            managers=[("objects", django.contrib.auth.models.UserManager())],
        ),
        migrations.CreateModel(
            name="Chat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255, verbose_name="chat name")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("participants", models.ManyToManyField(to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.TextField()),
                ("timestamp", models.DateTimeField(auto_now_add=True)),
                ("chat", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="chat.chat")),
                ("sender", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
