"""Publishers follow the data hub's departments; the data centre publishes too."""

from datetime import datetime

from accounts.models import Agency
from accounts.roles import AgencyKind
from catalog.models import Publisher
from datahub.public import list_departments

CENTRE = "data-centre"
CENTRE_NAME = "大数据发展管理中心"


def ensure_publishers(now: datetime) -> dict[str, Publisher]:
    """Every department and the data centre as publishers, by code; names and agencies brought up to date."""
    agencies = {
        agency.scope_code: agency
        for agency in Agency.objects.filter(kind=AgencyKind.DEPARTMENT).exclude(scope_code="")
    }
    wanted = {
        d.code: {"name": f"慈溪市{d.name}" if not d.name.startswith("慈溪") else d.name, "short": d.short,
                 "contact": d.contact, "number": d.number, "agency": agencies.get(d.code)}
        for d in list_departments()
    }  # fmt: skip
    wanted[CENTRE] = {
        "name": f"慈溪市{CENTRE_NAME}", "short": "数据中心", "contact": "数据开放服务岗", "number": 100,
        "agency": Agency.objects.filter(kind=AgencyKind.DATA_CENTRE).first(),
    }  # fmt: skip
    known = {p.code: p for p in Publisher.objects.select_related("agency")}
    for code, values in wanted.items():
        if code not in known:
            known[code] = Publisher.objects.create(code=code, created_at=now, **values)
            continue
        changed = [name for name, value in values.items() if getattr(known[code], name) != value]
        for name in changed:
            setattr(known[code], name, values[name])
        if changed:
            known[code].save(update_fields=changed)
    return {code: known[code] for code in wanted}
