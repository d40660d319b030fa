"""A resident goes on under another entry: merged, or moved to another village of the town."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('villages', '0008_paper_count'),
    ]

    operations = [
        migrations.AlterField(
            model_name='transfer',
            name='code',
            field=models.CharField(choices=[('fund', '拨入额度'), ('unfund', '收回额度'), ('award', '奖励'), ('deduct', '扣减'), ('reversal', '冲正'), ('capture', '兑换'), ('refund', '退还'), ('expiry', '到期清零'), ('settle', '商户结算'), ('move', '档案转移'), ('forfeit', '销户收回')], max_length=12),
        ),
        migrations.CreateModel(
            name='ResidentMove',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('merged', '合并'), ('moved', '迁往他村')], max_length=8)),
                ('points', models.IntegerField()),
                ('expired', models.IntegerField()),
                ('actor_id', models.BigIntegerField(null=True)),
                ('at', models.DateTimeField()),
                ('from_resident', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='went_on', to='villages.resident')),
                ('to_resident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='came_from', to='villages.resident')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('from_resident', models.F('to_resident')), _negated=True), name='villages_residentmove_two_entries')],
            },
        ),
        migrations.RunSQL(
            (SQL / "resident_moves.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            (SQL / "resident_move.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
    ]
