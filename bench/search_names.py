"""Firm names as the registers of the region show them: seat, brand, trade, form; many share their pieces."""

import random
from dataclasses import dataclass

SEATS = ["慈溪市"] * 55 + ["宁波"] * 25 + ["宁波市"] * 4 + ["慈溪"] * 8 + ["浙江"] * 4 + [""] * 4
_TOWNS = (
    "002宗汉 003坎墩 004浒山 005白沙路 006古塘 104掌起 107观海卫 108附海 109桥头 110匡堰 "
    "111逍林 112新浦 113胜山 114横河 116崇寿 118庵东 120长河 121周巷 123龙山"
)
TOWNS = [town[3:] for town in _TOWNS.split()]
TOWN_CODES = ["330282" + town[:3] for town in _TOWNS.split()]
FIRST = (
    "宏鼎兴盛隆源泰昌永恒华金富瑞祥鑫嘉凯腾飞天力星光正大新亚东海宁甬慈溪明创博科德信诚达佳美康乐百千万"
    "卓越锦玉龙凤鸿旭晨曦普利通汇聚合众联群英杰豪峰岭山河江湖洋润泽浩瀚云霞彩虹蓝绿青木林森松柏梅兰竹菊"
)
SECOND = (
    "达盛亿发利通顺源泰隆兴旺昌荣华丰裕康宁安平和瑞祥福禄寿喜吉庆嘉佳美丽雅致远大成功业基石磊鑫森淼焱垚"
    "晶品杰俊豪伟强健力勇智慧聪颖博学文武双全科技创新来宝贝乐园美华龙凤麟鹏鹤燕雁鹰"
)
_TRADES = {
    "C": "轴承 电器 五金 塑料制品 塑胶 模具 汽车零部件 汽车配件 纺织 针织 服饰 服装 家用电器 小家电 电子 电子科技 "
    "机械 精密机械 精密轴承 卫浴 洁具 厨具 不锈钢制品 包装 印刷 化纤 弹簧 紧固件 电机 灯具 照明电器 玩具 文具 "
    "橡胶制品 阀门 管业 水暖器材 打火机 插座 取暖器 饮水机 制冷设备 自动化设备 智能科技 新材料 金属制品 铜业 "
    "铝业 气动元件 密封件",
    "F": "贸易 商贸 进出口 国际贸易 建材 五金工具 百货 食品 水产 粮油 服装 电子商务 供应链管理 化工原料",
    "A": "蔬菜 水果 杨梅 葡萄 家禽养殖 水产养殖 农产品 粮食",
    "G": "物流 货运 运输 快递 仓储",
    "E": "建设 建筑工程 装饰工程 市政园林 建筑劳务 钢结构",
    "L": "商务服务 企业管理咨询 人力资源 广告传媒 租赁",
    "H": "餐饮管理 大酒店 小吃 餐饮",
    "I": "软件 网络科技 信息技术 计算机技术",
}
TRADES = {section: words.split() for section, words in _TRADES.items()}
_FORMS = "有限公司 有限公司 有限公司 制造有限公司 实业有限公司 有限责任公司 股份有限公司 科技有限公司"
FORMS = _FORMS.split()
SURNAMES = (
    "陈王张胡徐沈叶周吴罗孙黄马余岑童陆施华龚方毛卢许任裘郑朱俞应戎杨高史宓阮谢冯韩赵李钱邹柴励楼翁单翟仇"
)
GIVEN = "建国伟明军强杰峰波斌浩宇涛鹏飞立平华东海江云龙凤珍芬芳丽娟燕玲婷敏静秀英惠琴春夏秋冬松林根生金银忠孝仁义礼智信"


@dataclass(frozen=True)
class Firm:
    """One made-up entry of a register."""

    name: str
    former: str
    person: str
    kind: str
    town: str
    section: str


def firms(number: int, seed: int = 7) -> list[Firm]:
    """``number`` firms; one in twelve bore another name before."""
    rng = random.Random(seed)
    return [_firm(rng) for _ in range(number)]


def _firm(rng: random.Random) -> Firm:
    section = rng.choices(list(TRADES), weights=[52, 24, 4, 4, 4, 4, 5, 3])[0]
    place = min(int(rng.expovariate(1 / 6)), len(TOWNS) - 1)
    kind = (
        "cooperative"
        if section == "A" and rng.random() < 0.5
        else rng.choices(["company", "individual", "branch"], weights=[50, 47, 3])[0]
    )
    name = _name(rng, kind, section, place)
    former = _name(rng, kind, section, place) if rng.random() < 1 / 12 else ""
    given = rng.choice(GIVEN) + (rng.choice(GIVEN) if rng.random() < 0.8 else "")
    return Firm(name, former, rng.choice(SURNAMES) + given, kind, TOWN_CODES[place], section)


def _name(rng: random.Random, kind: str, section: str, place: int) -> str:
    brand = rng.choice(FIRST) + rng.choice(SECOND) + (rng.choice(SECOND) if rng.random() < 0.3 else "")
    if rng.random() < 0.01:
        brand = "".join(rng.choices("ABCDEFGHKLMSTXYZ", k=rng.randint(2, 4)))
    trade = rng.choice(TRADES[section])
    if kind == "individual":
        return f"慈溪市{TOWNS[place]}{brand}{trade}{rng.choice(['厂', '店', '商行', '经营部', '加工厂', '部', '商店'])}"
    if kind == "cooperative":
        return f"慈溪市{brand}{trade}专业合作社"
    name = f"{rng.choice(SEATS)}{brand}{trade}{rng.choice(FORMS)}"
    if name[0] == brand[0]:
        name = f"{brand}（宁波）{trade}有限公司"
    return name + (f"{TOWNS[place]}分公司" if kind == "branch" else "")
