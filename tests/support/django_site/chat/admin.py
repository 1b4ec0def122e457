from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from chat.models import Chat, Message, User

admin.site.register(User, UserAdmin)
admin.site.register(Chat)
admin.site.register(Message)
