"""People for tests: real users with real grants, signed in the way the portal requires."""

import itertools
import time
from typing import Any

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Agency, Authenticator, RoleGrant, User
from accounts.roles import CARDS, AgencyKind, Role
from accounts.sign_in import BEGUN, SEEN

PASSWORD = "Tide-mark7 at Qiaotou"
_numbers = itertools.count(1)


def make_agency(kind: AgencyKind = AgencyKind.BANK, **values: Any) -> Agency:
    """An agency of ``kind`` with a code and a name of its own."""
    number = next(_numbers)
    return Agency.objects.create(
        **{"code": f"{kind}.{number}", "name": f"测试机构{number}", "kind": kind} | values
    )


def make_person(*roles: Role, agency: Agency | None = None, **values: Any) -> User:
    """A user with ``roles``, in a fitting agency unless one is given; the password is ``PASSWORD``."""
    if agency is None and roles:
        kind = sorted(CARDS[roles[0]].agencies)[0]
        agency = make_agency(kind)
    user = User(**{"username": f"person{next(_numbers)}", "agency": agency} | values)
    user.set_password(PASSWORD)
    user.save()
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
    return user


def client_of(user: User) -> Client:
    """A client signed in as ``user``; who needs a second step has taken it with a device of their own."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[BEGUN] = session[SEEN] = time.time()
    if user.needs_second_factor:
        found = Authenticator.objects.filter(user=user, confirmed=True).first()
        device = found or Authenticator.issue(user, "测试", confirmed=True)
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client
