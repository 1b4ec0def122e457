from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="chat", name="name",
            field=models.CharField(max_length=255)),
        migrations.AlterField(
            model_name="chat", name="participants",
            field=models.ManyToManyField(related_name="chats", to=settings.AUTH_USER_MODEL)),
        migrations.AlterField(
            model_name="message", name="sender",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="sent_messages",
                to=settings.AUTH_USER_MODEL)),
        migrations.AlterModelOptions(name="message", options={"ordering": ["timestamp"]}),
    ]
