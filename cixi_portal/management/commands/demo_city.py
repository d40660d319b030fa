"""``manage.py demo_city``: raise the demonstration city and put it through the door."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cixi_portal import demo_city
from credit.services.runs import UnableToStartRun
from datahub.demo.generate import DEFAULT_ENTERPRISES, DEFAULT_SEED
from datahub.demo.manifest import Delivery
from datahub.services.deliveries import UnableToReceive
from datahub.services.promotion import UnableToPromoteBatch

SECONDS_BETWEEN_LINES = 3.0


class Command(BaseCommand):
    help = "建立演示城市：生成各部门的报送文件，经正式入口入库，并完成首次全量评分"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--enterprises", type=int, default=DEFAULT_ENTERPRISES, help="企业数")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="随机种子，同一种子得到同一座城市")
        parser.add_argument("--with-tax", action="store_true", help="同时报送税务与社会保险数据项")
        parser.add_argument("--as-of", type=date.fromisoformat, help="观察日，默认今天")
        parser.add_argument("--if-empty", action="store_true", help="已有演示城市或其他数据时不做任何事")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began, self.said = time.monotonic(), 0.0
        if options["if_empty"] and demo_city.is_complete():
            self.stdout.write("演示城市已就绪。")
            return
        try:
            self._raise_city(options)
        except demo_city.UnableToRaiseCity as error:
            if options["if_empty"] and demo_city.begun_wish() is None:
                self.stdout.write("库中已有数据，未建立演示城市。")
                return
            raise CommandError(str(error)) from error
        except (UnableToReceive, UnableToPromoteBatch, UnableToStartRun) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"写入文件未成功（{error.strerror}），请检查磁盘空间与目录权限后重新执行。"
            ) from error

    def _raise_city(self, options: dict[str, Any]) -> None:
        begun = demo_city.begun_wish() if options["if_empty"] else None
        wish = begun or demo_city.settle_wish(
            options["enterprises"],
            options["seed"],
            options["with_tax"],
            options["as_of"] or timezone.localdate(),
        )
        self._say(f"正在生成演示城市：企业 {wish.enterprises:,} 户，观察日 {wish.as_of}，种子 {wish.seed}……")
        manifest = demo_city.write_files(wish, self._on_item)
        self._say(f"已生成 {len(manifest.deliveries)} 份部门文件，共 {manifest.rows:,} 行，开始逐份报送……")
        self.files = len(manifest.deliveries)
        total = demo_city.deliver_all(manifest, self._on_delivery)
        self._say(
            f"报送完成：{total.files} 份文件，接收 {total.received:,} 行，入库 {total.promoted:,}，"
            f"无变化 {total.unchanged:,}，退回 {total.quarantined:,}，待匹配 {total.waiting:,}。"
        )
        if total.rejected or total.unconfirmed:
            self._say(f"其中 {total.rejected} 份未能读取，{total.unconfirmed} 份待确认，可在报送页查看。")
        self._say("正在计算全部企业的评分……")
        run = demo_city.score_everyone()
        self._say(f"评分完成：{run.enterprises:,} 户企业。演示城市已就绪。")

    def _on_item(self, done: int, items: int, name: str) -> None:
        self._sometimes(f"生成第 {done + 1}/{items} 个数据项：{name}")

    def _on_delivery(self, number: int, delivery: Delivery, total: demo_city.Total) -> None:
        self._sometimes(
            f"第 {number}/{self.files} 份 {delivery.file}：累计接收 {total.received:,} 行，"
            f"入库 {total.promoted:,}，退回 {total.quarantined:,}，待匹配 {total.waiting:,}"
        )

    def _sometimes(self, text: str) -> None:
        """A line of progress, every few seconds at most."""
        if time.monotonic() - self.said >= SECONDS_BETWEEN_LINES:
            self._say(text)

    def _say(self, text: str) -> None:
        self.said = time.monotonic()
        self.stdout.write(f"[{self.said - self.began:5.1f} 秒] {text}")
        self.stdout.flush()
