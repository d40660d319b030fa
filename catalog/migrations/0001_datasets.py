
import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0003_one_officer_a_person'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Publisher',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('code', models.CharField(max_length=100, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9_-]{2,100}\\Z', '名称为 2 至 100 个小写字母、数字、连字符或下划线。')], verbose_name='代码')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('short', models.CharField(blank=True, default='', max_length=40, verbose_name='简称')),
                ('description', models.TextField(blank=True, default='', verbose_name='简介')),
                ('contact', models.CharField(blank=True, default='', max_length=120, verbose_name='联系方式')),
                ('number', models.SmallIntegerField(default=999, verbose_name='次序')),
                ('created_at', models.DateTimeField()),
                ('agency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='publishers', to='accounts.agency', verbose_name='所属机构')),
            ],
            options={
                'ordering': ['number', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=100, validators=[django.core.validators.RegexValidator('^[a-z0-9_-]{2,100}\\Z', '名称为 2 至 100 个小写字母、数字、连字符或下划线。')], verbose_name='标识')),
                ('title', models.CharField(max_length=200, verbose_name='标题')),
                ('notes', models.TextField(blank=True, default='', verbose_name='摘要')),
                ('lane', models.CharField(blank=True, choices=[('sannong', '三农'), ('enterprise-finance', '企业金融'), ('elderly-care', '养老'), ('new-citizens', '新市民')], default='', max_length=32, verbose_name='重点领域')),
                ('subject', models.CharField(choices=[('credit', '信用服务'), ('health', '医疗卫生'), ('employment', '社保就业'), ('public-safety', '公共安全'), ('housing', '城建住房'), ('transport', '交通运输'), ('education', '教育文化'), ('science', '科技创新'), ('energy', '资源能源'), ('environment', '生态环境'), ('industry', '工业农业'), ('commerce', '商贸流通'), ('finance', '财税金融'), ('work-safety', '安全生产'), ('market', '市场监督'), ('relief', '社会救助'), ('law', '法律服务'), ('living', '生活服务'), ('weather', '气象服务'), ('geography', '地理空间'), ('bodies', '机构团体'), ('other', '其他')], default='other', max_length=32, verbose_name='数据领域')),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='标签')),
                ('licence', models.CharField(default='cixi-open-1.0', max_length=40, verbose_name='使用许可')),
                ('cycle', models.CharField(choices=[('1', '实时'), ('2', '每日'), ('3', '每周'), ('4', '每月'), ('5', '每季度'), ('6', '每半年'), ('7', '每年'), ('8', '不定期'), ('9', '不更新')], default='8', max_length=2, verbose_name='更新周期')),
                ('spatial_code', models.CharField(default='330282', max_length=12, verbose_name='空间范围')),
                ('temporal_from', models.DateField(blank=True, null=True, verbose_name='时间范围起')),
                ('temporal_to', models.DateField(blank=True, null=True, verbose_name='时间范围止')),
                ('contact', models.CharField(blank=True, default='', max_length=120, verbose_name='联系方式')),
                ('described', models.JSONField(blank=True, default=dict)),
                ('extras', models.JSONField(blank=True, default=dict, verbose_name='扩展信息')),
                ('opening', models.CharField(choices=[('open', '无条件开放'), ('restricted', '受限开放'), ('forbidden', '禁止开放')], default='open', max_length=12, verbose_name='开放属性')),
                ('opening_reason', models.CharField(blank=True, default='', max_length=40, verbose_name='开放属性理由')),
                ('opening_review_on', models.DateField(blank=True, null=True, verbose_name='复核日期')),
                ('category', models.CharField(blank=True, default='', max_length=40, verbose_name='数据分类')),
                ('grade', models.CharField(choices=[('L1', 'L1 不敏感'), ('L2', 'L2 低敏感'), ('L3', 'L3 较敏感'), ('L4', 'L4 敏感')], default='L1', max_length=2, verbose_name='分级')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('department_review', '部门审核'), ('centre_review', '数据中心审核'), ('scheduled', '待发布'), ('published', '已发布'), ('withdrawn', '已下架')], default='draft', max_length=20, verbose_name='状态')),
                ('publish_on', models.DateField(blank=True, null=True, verbose_name='计划发布日期')),
                ('revision', models.IntegerField(default=1, verbose_name='修订号')),
                ('formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name='格式')),
                ('row_count', models.BigIntegerField(default=0, verbose_name='数据量')),
                ('search_text', models.TextField(default='', editable=False)),
                ('quality', models.SmallIntegerField(blank=True, null=True, verbose_name='质量分')),
                ('data_changed_at', models.DateTimeField(blank=True, null=True, verbose_name='数据更新时间')),
                ('is_demo', models.BooleanField(default=False, verbose_name='演示数据')),
                ('created_at', models.DateTimeField(verbose_name='创建时间')),
                ('modified_at', models.DateTimeField(verbose_name='更新时间')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='发布时间')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revises', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='catalog.dataset', verbose_name='修订自')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='datasets', to='catalog.publisher', verbose_name='数源单位')),
            ],
            options={
                'ordering': ['-modified_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField(verbose_name='版本号')),
                ('state', models.CharField(choices=[('draft', '录入中'), ('sealed', '已封存')], default='draft', max_length=8, verbose_name='状态')),
                ('columns', models.JSONField(default=list)),
                ('row_count', models.BigIntegerField(default=0, verbose_name='行数')),
                ('is_dense', models.BooleanField(default=True)),
                ('content_digest', models.CharField(blank=True, default='', max_length=64, verbose_name='内容摘要')),
                ('note', models.CharField(blank=True, default='', max_length=400, verbose_name='更新说明')),
                ('profile', models.JSONField(blank=True, default=dict)),
                ('difference', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
                ('sealed_at', models.DateTimeField(blank=True, null=True)),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='发布时间')),
                ('made_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='derived', to='catalog.release')),
            ],
            options={
                'ordering': ['resource', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Resource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.SmallIntegerField(default=0, verbose_name='次序')),
                ('kind', models.CharField(choices=[('table', '数据表'), ('file', '文件'), ('link', '链接')], default='table', max_length=8, verbose_name='类别')),
                ('name', models.CharField(max_length=200, verbose_name='名称')),
                ('description', models.TextField(blank=True, default='', verbose_name='说明')),
                ('format', models.CharField(blank=True, default='', max_length=20, verbose_name='格式')),
                ('mimetype', models.CharField(blank=True, default='', max_length=100)),
                ('url', models.CharField(blank=True, default='', max_length=1000, verbose_name='链接地址')),
                ('file_digest', models.CharField(blank=True, default='', max_length=64)),
                ('file_name', models.CharField(blank=True, default='', max_length=200, verbose_name='文件名')),
                ('file_bytes', models.BigIntegerField(blank=True, null=True, verbose_name='文件大小')),
                ('source', models.CharField(blank=True, default='', max_length=120, verbose_name='来源')),
                ('created_at', models.DateTimeField()),
                ('modified_at', models.DateTimeField()),
                ('current', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.release', verbose_name='现行版本')),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resources', to='catalog.dataset')),
                ('revises', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.resource')),
            ],
            options={
                'ordering': ['dataset', 'position', 'id'],
            },
        ),
        migrations.AddField(
            model_name='release',
            name='resource',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='releases', to='catalog.resource'),
        ),
        migrations.CreateModel(
            name='ResourceField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.SmallIntegerField(verbose_name='次序')),
                ('code', models.CharField(max_length=128, verbose_name='字段代码')),
                ('title', models.CharField(max_length=200, verbose_name='字段名称')),
                ('type', models.CharField(choices=[('text', '文本'), ('integer', '整数'), ('number', '数值'), ('date', '日期'), ('timestamp', '日期时间'), ('boolean', '是否')], default='text', max_length=12, verbose_name='类型')),
                ('unit', models.CharField(blank=True, default='', max_length=20, verbose_name='单位')),
                ('description', models.TextField(blank=True, default='', verbose_name='说明')),
                ('category', models.CharField(blank=True, default='', max_length=40, verbose_name='数据分类')),
                ('grade', models.CharField(choices=[('L1', 'L1 不敏感'), ('L2', 'L2 低敏感'), ('L3', 'L3 较敏感'), ('L4', 'L4 敏感')], default='L1', max_length=2, verbose_name='分级')),
                ('opening', models.CharField(choices=[('open', '无条件开放'), ('restricted', '受限开放'), ('forbidden', '禁止开放')], default='open', max_length=12, verbose_name='开放属性')),
                ('data_item', models.CharField(blank=True, default='', max_length=80, verbose_name='数据项')),
                ('item_field', models.CharField(blank=True, default='', max_length=80, verbose_name='数据项字段')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fields', to='catalog.resource')),
            ],
            options={
                'ordering': ['resource', 'position'],
            },
        ),
        migrations.AddIndex(
            model_name='dataset',
            index=models.Index(fields=['state', '-modified_at', '-id'], name='catalog_dataset_recent'),
        ),
        migrations.AddIndex(
            model_name='dataset',
            index=models.Index(fields=['publisher', 'state'], name='catalog_dataset_publisher'),
        ),
        migrations.AddIndex(
            model_name='dataset',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='catalog_dataset_tags'),
        ),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(condition=models.Q(('revises__isnull', True)), fields=('name',), name='catalog_one_dataset_a_name'),
        ),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(condition=models.Q(('revises__isnull', False), models.Q(('state__in', ['published', 'withdrawn']), _negated=True)), fields=('revises',), name='catalog_one_open_revision'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(fields=('resource', 'number'), name='catalog_release_number_once'),
        ),
        migrations.AddConstraint(
            model_name='resourcefield',
            constraint=models.UniqueConstraint(fields=('resource', 'code'), name='catalog_field_code_once'),
        ),
    ]
