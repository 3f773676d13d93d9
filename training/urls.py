"""Addresses of training."""

from django.urls import URLPattern, URLResolver, path

from training.views import chat, chat_stream

urlpatterns: list[URLPattern | URLResolver] = [
    path("p/<slug:slug>/chat/", chat.chat, name="chat"),
    path("p/<slug:slug>/chat/start/", chat.conversation_start, name="conversation_start"),
    path("p/<slug:slug>/chat/<int:pk>/", chat.conversation, name="conversation"),
    path(
        "p/<slug:slug>/chat/<int:pk>/settings/",
        chat.conversation_settings,
        name="conversation_settings",
    ),
    path(
        "p/<slug:slug>/chat/<int:pk>/rename/", chat.conversation_rename, name="conversation_rename"
    ),
    path(
        "p/<slug:slug>/chat/<int:pk>/delete/", chat.conversation_delete, name="conversation_delete"
    ),
    path("p/<slug:slug>/chat/<int:pk>/reply/", chat_stream.message_stream, name="message_stream"),
]
