"""A secret ballot waits in a sealed envelope until its box is opened."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('villages', '0009_moves'),
    ]

    operations = [
        migrations.AddField(
            model_name='activity',
            name='box_opened_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='开箱时间'),
        ),
        migrations.CreateModel(
            name='BallotEnvelope',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('sealed', models.CharField(max_length=200)),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='envelopes', to='villages.activity')),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
