import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GRADES = [("L1", "L1 不敏感"), ("L2", "L2 低敏感"), ("L3", "L3 较敏感"), ("L4", "L4 敏感")]
STATES = [("waiting", "待复核"), ("confirmed", "已生效"), ("refused", "未同意")]


class Migration(migrations.Migration):
    """No grade was ever changed before this stands, so the table is made anew."""

    dependencies = [
        ("catalog", "0002_opening_by_rule"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel("GradeChange"),
        migrations.CreateModel(
            name="GradeChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=128, verbose_name="字段代码")),
                ("title", models.CharField(max_length=200, verbose_name="字段名称")),
                ("before", models.CharField(choices=GRADES, max_length=2, verbose_name="原分级")),
                ("after", models.CharField(choices=GRADES, max_length=2, verbose_name="新分级")),
                ("reason", models.CharField(max_length=400, verbose_name="理由")),
                ("state", models.CharField(choices=STATES, default="waiting", max_length=12, verbose_name="状态")),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision", models.CharField(blank=True, default="", max_length=400, verbose_name="复核意见")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grade_changes",
                        to="catalog.resource",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("resource", "code"),
                        name="catalog_one_waiting_grade_change",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "waiting"),
                            ("after__gt", models.F("before")),
                            models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="catalog_lowering_two_people",
                    ),
                ],
            },
        ),
    ]
