"""The table API's own OpenAPI description, open to everybody."""

from drf_spectacular.views import SpectacularAPIView

from accounts.access import ANYONE


class SchemaView(SpectacularAPIView):
    """Only the addresses of the open catalogue; the rest of the portal is described to who is signed in."""

    audience = ANYONE
    required_scope = ""
    urlconf = "catalog.api.described_urls"
