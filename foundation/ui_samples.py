"""Samples for the page that shows every component. Invented values without a domain rule behind them."""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator

from . import charts

TODAY = dt.date(2026, 11, 22)
RECEIVED = dt.datetime(2026, 11, 20, 2, 5, tzinfo=dt.UTC)
CAPTION = charts.ChartCaption("示例数据", TODAY, "样例 1.0")
FORCES = ("资本实力", "运营能力", "盈利能力", "偿付能力", "发展潜力")


def context() -> dict[str, Any]:
    """Everything `ui/index.html` shows."""
    return {
        "crumbs": [{"label": "首页", "url": "/"}, {"label": "界面样张", "url": ""}],
        "swatches": SWATCHES,
        "light_states": ("overheated", "warm", "normal", "cool", "cold"),
        "grades": GRADES,
        "charts": sample_charts(),
        "sparks": ([3, 4, 4, 6, 5, 7, 9], [9, 7, 8, 5, 4, 4, 2], [5, 5, None, 5, 6, 5, 5]),
        "firms": FIRMS,
        "firm_page": Paginator(range(1, 4_812), 25).page(8),
        "facts": facts(),
        "adverse": ADVERSE,
        "favourable": FAVOURABLE,
        "events": events(),
        "tabs": [
            {"label": label, "url": f"?tab={place}", "count": number, "active": place == 4}
            for place, (label, number) in enumerate(TABS)
        ],
        "chips": [
            {"label": label, "value": value, "count": number, "active": value == "003"}
            for label, value, number in CHIPS
        ],
        "progress": {"state": "running", "done": 612_408, "total": 1_000_000}
        | {"rejected": 1_204, "seconds_left": 95, "message": "正在核验信用代码"},
        "failed": {"state": "failed", "done": 41_000, "total": 1_000_000}
        | {"rejected": 0, "message": "文件在第 41,000 行后中断，前面的行没有入库；请重新上传完整文件。"},
    }


SWATCHES = (
    ("paper", "纸面"),
    ("surface", "台面"),
    ("ink", "墨色"),
    ("ink-2", "次墨"),
    ("celadon", "青瓷"),
    ("celadon-1", "青瓷淡"),
    ("celadon-2", "青瓷中"),
    ("brick", "砖红"),
    ("amber", "琥珀"),
    ("indigo", "靛青"),
    ("gold", "金"),
)

GRADES = (
    ("AAA", "优秀"),
    ("AA", "优秀"),
    ("A", "良好"),
    ("BBB", "良好"),
    ("BB", "中等"),
    ("B", "较差"),
    ("C", "较差"),
)

FIRMS: tuple[dict[str, Any], ...] = (
    {"name": "慈溪样例电器有限公司", "code": "91330282PDY000018X", "town": "周巷镇", "capital": 50_000_000}
    | {"score": 742, "letters": "A", "word": "良好", "change": 12, "spark": [690, 702, 711, 718, 730, 742]},
    {
        "name": "宁波样例轴承制造有限公司",
        "code": "91330282PDY0000261",
        "town": "横河镇",
        "capital": 128_500_000,
    }
    | {"score": 861, "letters": "AAA", "word": "优秀", "change": 0, "spark": [858, 860, 859, 861, 861, 861]},
    {"name": "慈溪市样例针织厂", "code": "92330282PDY000034F", "town": "坎墩街道", "capital": 800_000}
    | {"score": 398, "letters": "B", "word": "较差", "change": -151, "spark": [561, 555, 549, 549, 549, 398]},
    {"name": "慈溪样例蔬菜专业合作社", "code": "93330282PDY0000429", "town": "新浦镇", "capital": 3_200_000}
    | {"score": 548, "letters": "BB", "word": "中等", "change": -4, "spark": [540, 551, 556, None, 552, 548]},
)

TABS = (
    ("基本", 12),
    ("资本", 4),
    ("抵押", 2),
    ("许可", 6),
    ("查封", 0),
    ("股权冻结", 1),
    ("逾期欠费", 3),
    ("经营与其他", 28),
)

CHIPS = (("全部", "", 5_000), ("浒山街道", "004", 812), ("坎墩街道", "003", 344), ("周巷镇", "121", 530))

_SOURCE = {"unit": "人民法院", "document": "（2026）浙0282执1234号", "received_at": RECEIVED}

ADVERSE: tuple[dict[str, Any], ...] = (
    {"text": "股权冻结金额占注册资本 62%，评分以 549 分封顶", "points": -151.2, "force": "", "url": "#"}
    | _SOURCE
    | {"source_url": "#", "line": 17},
    {"text": "近 6 个月用电量同比下降 34%", "points": -46.5, "force": "运营能力", "url": "#"}
    | {"unit": "供电公司", "received_at": RECEIVED},
    {"text": "", "points": -20, "force": "偿付能力", "locked": True},
)
FAVOURABLE: tuple[dict[str, Any], ...] = (
    {"text": "高新技术企业资格有效", "points": 28.4, "force": "发展潜力", "url": "#", "unit": "科学技术局"}
    | {"received_at": RECEIVED},
    {"text": "连续 24 个月按时缴存公积金", "points": 17.9, "force": "偿付能力", "url": "#"}
    | {"unit": "住房公积金管理中心", "received_at": RECEIVED},
)


def facts() -> list[dict[str, Any]]:
    """Identity facts, one of each state."""
    market = {"unit": "市场监督管理局", "received_at": RECEIVED, "url": "#", "line": 1_204}
    return [
        {"label": "企业类型", "value": "有限责任公司（自然人投资或控股）"},
        {"label": "成立日期", "value": "2009-03-18"},
        {"label": "注册资本", "value": "5,000.00 万元", "provenance": market},
        {"label": "法定代表人", "value": "样某某"},
        {"label": "纳税信用级别", "value": "", "provenance": None},
        {"label": "银行授信余额", "locked": True},
        {"label": "环保处罚", "value": "1 件", "disputed": True},
        {"label": "行业", "value": "C3857 家用电力器具专用配件制造"},
        {"label": "登记住所", "value": "浙江省慈溪市周巷镇样例路 88 号", "wide": True},
    ]


def events() -> list[dict[str, Any]]:
    """A timeline with each tone."""
    return [
        {"date": dt.date(2026, 11, 18), "title": "股权冻结", "tone": "bad"}
        | {"text": "冻结股权数额 3,100.00 万元，期限至 2029-11-17"}
        | _SOURCE
        | {"source_url": "#", "line": 17},
        {
            "date": dt.date(2026, 9, 1),
            "title": "工业用电",
            "text": "8 月用电 41,230 千瓦时",
            "provisional": True,
        }
        | {"unit": "供电公司", "received_at": RECEIVED},
        {"date": dt.date(2026, 6, 5), "title": "环保行政处罚", "tone": "bad", "disputed": True}
        | {"text": "罚款 2.00 万元", "unit": "生态环境分局"},
        {"date": dt.date(2026, 3, 2), "title": "银行授信", "locked": True},
        {"date": dt.date(2025, 12, 20), "title": "认定为高新技术企业", "tone": "good"}
        | {"text": "有效期三年", "unit": "科学技术局", "received_at": RECEIVED},
    ]


def sample_charts() -> list[dict[str, Any]]:
    """One chart of each kind, as parameters of the chart include."""
    months = [dt.date(2025 + (month + 11) // 12, (month + 11) % 12 + 1, 1) for month in range(12)]
    scores = (561, 566, 572, 570, 575, 581, 583, 579, 549, 549, 398, 402)
    own = charts.Series("评分", scores, [False] * 11 + [True])
    levels = [charts.Threshold(value, letters) for letters, value in (("A", 650), ("BBB", 550), ("BB", 450))]
    towns = ("周巷镇", "观海卫镇", "横河镇", "龙山镇", "庵东镇", "坎墩街道")
    change = charts.Step.CHANGE
    quarters = ("一季度", "二季度", "三季度", "四季度")
    shares: list[list[charts.Number]] = [
        [0.8, 1.2, -0.4, 2.1],
        [-1.6, -0.9, 0.2, 0.6],
        [2.4, 1.1, None, -0.3],
        [0.1, -0.2, 0.9, 1.4],
    ]
    figures = {
        "radar": ("五力与同业中位数", _radar(), ""),
        "history": (
            "评分历史",
            charts.history_line(months, [own], unit="分", thresholds=levels, value_range=(300, 700)),
            "",
        ),
        "bars": (
            "各镇街在册企业",
            charts.bars(
                towns,
                [charts.Series("企业", (1530, 1344, 988, 812, 640, 544))],
                unit="家",
                horizontal=True,
                highlight="横河镇",
            ),
            "",
        ),
        "stacked": (
            "镇街企业的规模构成",
            charts.bars(
                towns[:4],
                [
                    charts.Series("中型", (30, 28, 41, 12)),
                    charts.Series("小型", (420, 388, 300, 260)),
                    charts.Series("微型", (1080, 928, 647, 540)),
                ],
                unit="家",
                stacked=True,
                ordered=True,
            ),
            "",
        ),
        "waterfall": (
            "本月评分变化",
            charts.waterfall(
                ("上月", "资本", "运营", "盈利", "偿付", "封顶", "本月"),
                (549.0, 3.5, -46.5, 12.0, -8.2, -111.8, 398.0),
                (charts.Step.TOTAL, change, change, change, change, change, charts.Step.TOTAL),
                unit="分",
            ),
            "",
        ),
        "heat": (
            "各镇街景气变化",
            charts.heat_map(quarters, towns[:4], shares, unit="点", decimals=1, midpoint=0),
            "",
        ),
        "spark": ("近一年走势", charts.sparkline(scores, name="评分"), "short"),
    }
    return [
        {"id": f"sample-{name}", "title": title, "figure": figure, "size": size, "caption": CAPTION}
        for name, (title, figure, size) in figures.items()
    ]


def _radar() -> charts.Figure:
    own = charts.Series("本企业", (62.0, 38.5, 55.1, 31.0, 74.2))
    return charts.radar(FORCES, own, charts.Series("同业中位数", (50.0, 52.0, 49.0, 51.5, 48.0)))
