
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_row_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchMiss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=60, unique=True, verbose_name='查询内容')),
                ('times', models.IntegerField(default=1, verbose_name='次数')),
                ('last_on', models.DateField(verbose_name='最近一次')),
            ],
            options={
                'ordering': ['-times', 'words'],
            },
        ),
        migrations.AddField(
            model_name='release',
            name='key_codes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=128), blank=True, default=list, size=None),
        ),
        migrations.CreateModel(
            name='Intake',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_digest', models.CharField(max_length=64)),
                ('file_name', models.CharField(max_length=200, verbose_name='文件名')),
                ('file_bytes', models.BigIntegerField(verbose_name='文件大小')),
                ('state', models.CharField(choices=[('proposed', '待确认'), ('taken', '已入表'), ('refused', '未能读取')], default='proposed', max_length=8, verbose_name='状态')),
                ('plan', models.JSONField(default=dict)),
                ('problems', models.JSONField(default=list)),
                ('problem_count', models.IntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='intakes', to='catalog.resource')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='编号')),
                ('kind', models.CharField(choices=[('question', '咨询'), ('correction', '纠错'), ('suggestion', '建议'), ('complaint', '投诉'), ('request', '数据需求')], max_length=12, verbose_name='类别')),
                ('title', models.CharField(max_length=100, verbose_name='标题')),
                ('text', models.TextField(verbose_name='内容')),
                ('contact', models.TextField(blank=True, default='')),
                ('state', models.CharField(choices=[('received', '待受理'), ('accepted', '办理中'), ('answered', '已答复'), ('declined', '不予受理')], default='received', max_length=10, verbose_name='状态')),
                ('is_public', models.BooleanField(default=False, verbose_name='公开')),
                ('answer', models.TextField(blank=True, default='', verbose_name='答复')),
                ('accept_by', models.DateField(verbose_name='受理期限')),
                ('answer_by', models.DateField(verbose_name='答复期限')),
                ('created_at', models.DateTimeField(verbose_name='提交时间')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='受理时间')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='答复时间')),
                ('is_demo', models.BooleanField(default=False)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='feedback', to='catalog.dataset')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='catalog.publisher', verbose_name='承办单位')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['publisher', 'state'], name='catalog_feedback_waiting')],
            },
        ),
        migrations.CreateModel(
            name='UseDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='日期')),
                ('views', models.IntegerField(default=0, verbose_name='浏览')),
                ('downloads', models.IntegerField(default=0, verbose_name='下载')),
                ('calls', models.IntegerField(default=0, verbose_name='接口调用')),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='use_days', to='catalog.dataset')),
            ],
            options={
                'ordering': ['dataset', '-day'],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'day'), name='catalog_one_count_a_day')],
            },
        ),
    ]
