"""Session login over REST, as the existing system has it."""
from django.contrib.auth import authenticate, login, logout
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.response import Response


def _user_object(user):
    return {"id": user.id, "username": user.username, "email": user.email, "user_type": user.user_type}


@api_view(["POST"])
@permission_classes([AllowAny])
def login_view(request):
    user = authenticate(request, username=request.data.get("username"), password=request.data.get("password"))
    if user is None:
        return Response({"error": "Invalid credentials"}, status=401)
    login(request, user)
    return Response(_user_object(user))


@api_view(["POST"])
def logout_view(request):
    logout(request)
    return Response({"message": "Logged out successfully"})


@api_view(["GET"])
def me_view(request):
    return Response(_user_object(request.user))
