"""Logging in at the operator's OpenID Connect issuer."""

import hmac
import logging
from http import HTTPStatus
from typing import Any

import jwt
import requests
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from rickproject.accounts.issuer_http import IssuerSession, require_allowed
from rickproject.config import get_config

SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
NEEDED = ["exp", "iat", "iss", "aud", "sub"]
LEEWAY_SECONDS = 60
ASKED = ("process", "next")
MOST_LETTERS = 300

logger = logging.getLogger(__name__)


class IssuerAdapter(OpenIDConnectOAuth2Adapter):
    """allauth's, but what the issuer says is checked: its name, its hosts, its signature."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer says of itself.

        Raises:
            OAuth2Error: it calls itself otherwise than the operator does, or leaves things out.
        """
        if not hasattr(self, "_told"):
            told = super().openid_config
            named = get_config().oidc_issuer.rstrip("/")
            if not isinstance(told, dict) or str(told.get("issuer", "")).rstrip("/") != named:
                msg = "the issuer calls itself otherwise"
                raise OAuth2Error(msg)
            if missing := {"authorization_endpoint", "token_endpoint", "jwks_uri"} - set(told):
                msg = f"the issuer does not say its {min(missing)}"
                raise OAuth2Error(msg)
            require_allowed(told["authorization_endpoint"])
            self._told: dict[str, Any] = told
        return self._told

    def complete_login(
        self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Make a login of the token's claims, and of the user info that belongs to them.

        Raises:
            OAuth2Error: the signature, the issuer, the audience, the time or the person is wrong.
        """
        claims = self._decode_id_token(app, kwargs["response"].get("id_token"))
        told = claims
        if "userinfo_endpoint" in self.openid_config:
            told = self._fetch_user_info(token.token)
            if not hmac.compare_digest(str(told.get("sub")), str(claims["sub"])):
                msg = "the user info is somebody else's"
                raise OAuth2Error(msg)
        kept = {name: told.get(name, claims.get(name)) for name in ("email", "name")}
        kept |= {
            "sub": claims["sub"],
            "preferred_username": told.get("preferred_username"),
            "given_name": told.get("given_name"),
            "family_name": told.get("family_name"),
            "email_verified": told.get("email_verified", claims.get("email_verified"))
            in (True, "true"),
        }
        login: SocialLogin = self.get_provider().sociallogin_from_response(
            request, {"userinfo": kept}
        )
        return login

    def _decode_id_token(self, app: Any, id_token: str | None) -> dict[str, Any]:
        if not id_token:
            msg = "the issuer sent no id token"
            raise OAuth2Error(msg)
        try:
            with IssuerSession() as session:
                answer = session.get(self.openid_config["jwks_uri"])
                answer.raise_for_status()
                keys = jwt.PyJWKSet.from_dict(answer.json())
            header = jwt.get_unverified_header(id_token)
            key = _key_for(keys, header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=SIGNATURES,
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": NEEDED},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            msg = f"the id token is refused: {error}"
            raise OAuth2Error(msg) from error
        return claims


OpenIDConnectProvider.oauth2_adapter_class = IssuerAdapter


def oidc_login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send a person to the issuer, with nothing of the address but where to go afterwards."""
    query = request.GET.copy()
    for name in set(query) - set(ASKED):
        del query[name]
    request.GET = query  # type: ignore[assignment]  # allauth reads further wishes from it
    return _answered(OAuth2LoginView, request, provider_id)


def oidc_callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take a person back from the issuer."""
    return _answered(OAuth2CallbackView, request, provider_id)


def _answered(view_class: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    """Run one of allauth's views; an issuer that fails where it does not look is told in words."""
    try:
        response: HttpResponse = view_class.adapter_view(IssuerAdapter(request, provider_id))(
            request
        )
    except (OAuth2Error, requests.RequestException, ValueError, KeyError) as error:
        logger.warning("the issuer could not be asked", extra={"reason": str(error)[:MOST_LETTERS]})
        page = "socialaccount/authentication_error.html"
        return render(request, page, status=HTTPStatus.BAD_GATEWAY)
    return response


def _key_for(keys: jwt.PyJWKSet, kid: str | None) -> Any:
    if kid is None and len(keys.keys) == 1:
        return keys.keys[0]
    for key in keys.keys:
        if key.key_id == kid:
            return key
    msg = "signed with a key that the issuer does not publish"
    raise jwt.InvalidTokenError(msg)
