"""Streets, towns and statistical zones of Cixi (330282), nine-digit codes of the statistics bureau."""

CITY_CODE = "330282"

STREETS = {
    "330282002": "宗汉街道",
    "330282003": "坎墩街道",
    "330282004": "浒山街道",
    "330282005": "白沙路街道",
    "330282006": "古塘街道",
}
TOWNS = {
    "330282104": "掌起镇",
    "330282107": "观海卫镇",
    "330282108": "附海镇",
    "330282109": "桥头镇",
    "330282110": "匡堰镇",
    "330282111": "逍林镇",
    "330282112": "新浦镇",
    "330282113": "胜山镇",
    "330282114": "横河镇",
    "330282116": "崇寿镇",
    "330282118": "庵东镇",
    "330282120": "长河镇",
    "330282121": "周巷镇",
    "330282123": "龙山镇",
}
ZONES = {
    "330282402": "滨海经济开发区",
    "330282403": "高新技术产业园区",
    "330282404": "环杭州湾创新中心",
    "330282405": "现代农业开发区",
    "330282406": "长三角商贸园区",
}
STREETS_AND_TOWNS = STREETS | TOWNS
DIVISIONS = STREETS_AND_TOWNS | ZONES


def division_name(code: str) -> str:
    """Name of a division, 市外 for a code of another place, an empty string for no code."""
    if not code:
        return ""
    return DIVISIONS.get(code, "慈溪市" if code.startswith(CITY_CODE) else "市外")
