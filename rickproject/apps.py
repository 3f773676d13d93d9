from django.apps import AppConfig


class RickprojectConfig(AppConfig):
    name = "rickproject"
