"""Authenticators of our own, whose seeds lie encrypted; devices of the plain table move over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation import keys

PLAIN = "otp_totp_totpdevice"


def seal_plain_seeds(apps, schema_editor):
    Authenticator = apps.get_model("accounts", "Authenticator")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [PLAIN])
        if cursor.fetchone()[0] is None:
            return
        cursor.execute(f"SELECT user_id, name, confirmed, key, drift, last_t FROM {PLAIN}")
        for user_id, name, confirmed, seed, drift, last_t in cursor.fetchall():
            Authenticator.objects.create(
                user_id=user_id, name=name, confirmed=confirmed, drift=drift, last_t=last_t,
                sealed_seed=keys.encrypt(seed, context=f"accounts.authenticator.seed/{user_id}"),
            )
        cursor.execute(f"DROP TABLE {PLAIN}")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'otp_totp'")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_one_officer_a_person'),
    ]

    operations = [
        migrations.CreateModel(
            name='Authenticator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('throttling_failure_timestamp', models.DateTimeField(blank=True, default=None, help_text='A timestamp of the last failed verification attempt. Null if last attempt succeeded.', null=True)),
                ('throttling_failure_count', models.PositiveIntegerField(default=0, help_text='Number of successive failed attempts.')),
                ('created_at', models.DateTimeField(auto_now_add=True, help_text='The date and time when this device was initially created in the system.', null=True)),
                ('last_used_at', models.DateTimeField(blank=True, help_text='The most recent date and time this device was used.', null=True)),
                ('sealed_seed', models.CharField(max_length=160, verbose_name='种子密文')),
                ('drift', models.SmallIntegerField(default=0, verbose_name='时钟偏差')),
                ('last_t', models.BigIntegerField(default=-1, verbose_name='最近使用的时间步')),
                ('user', models.ForeignKey(help_text='The user that this device belongs to.', on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '身份验证器',
                'verbose_name_plural': '身份验证器',
                'abstract': False,
            },
        ),
        migrations.RunPython(seal_plain_seeds, migrations.RunPython.noop),
    ]
