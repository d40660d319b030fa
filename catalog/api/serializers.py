"""Shapes of the table API, for its description."""

from rest_framework import serializers


class ErrorBodySerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(help_text="字段名到原因列表")  # type: ignore[assignment]
    request_id = serializers.CharField(allow_blank=True)
    retry_after_seconds = serializers.IntegerField(required=False)


class ErrorSerializer(serializers.Serializer):
    error = ErrorBodySerializer()


class FieldSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    type = serializers.ChoiceField(choices=["text", "integer", "number", "date", "timestamp", "boolean"])
    unit = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    grade = serializers.CharField()
    readable = serializers.BooleanField(help_text="当前调用方可读取")


class RowsSerializer(serializers.Serializer):
    resource = serializers.UUIDField()
    release = serializers.IntegerField(help_text="版本号")
    columns = FieldSerializer(many=True)
    rows = serializers.ListField(child=serializers.DictField(help_text="字段代码到值"))
    total = serializers.IntegerField(allow_null=True)
    total_is_estimate = serializers.BooleanField(help_text="匹配超过 100,000 行时为估算值")
    cursor = serializers.CharField(allow_null=True, help_text="下一页的翻页标记；没有下一页时为空")
    next = serializers.CharField(allow_null=True, help_text="下一页地址")
    mark = serializers.CharField(required=False, help_text="水印编号；只在凭授权读取受限数据时给出")


class ResourceSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["table", "file", "link"])
    format = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField(allow_null=True)
    release = serializers.IntegerField(allow_null=True)
    modified_at = serializers.DateTimeField()
    url = serializers.CharField(help_text="内容下载地址")
    rows_url = serializers.CharField(allow_null=True, help_text="按行读取的地址")


class ResourceDetailSerializer(ResourceSerializer):
    dataset = serializers.CharField()
    columns = FieldSerializer(many=True)


class DatasetSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField()
    notes = serializers.CharField(allow_blank=True)
    publisher = serializers.CharField()
    publisher_name = serializers.CharField()
    lane = serializers.CharField(allow_blank=True)
    subject = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    licence = serializers.CharField()
    cycle = serializers.CharField(help_text="更新周期代码 1 至 9")
    opening = serializers.ChoiceField(choices=["open", "restricted", "forbidden"])
    grade = serializers.CharField()
    quality = serializers.IntegerField(allow_null=True)
    rows = serializers.IntegerField()
    modified_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    resources = ResourceSerializer(many=True)


class FacetValueSerializer(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()


class DatasetListSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    start = serializers.IntegerField()
    results = DatasetSerializer(many=True)
    facets = serializers.DictField(child=FacetValueSerializer(many=True))


class SuggestionSerializer(serializers.Serializer):
    title = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()


class ProfileSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    empty = serializers.IntegerField()
    distinct = serializers.IntegerField()
    least = serializers.JSONField(allow_null=True)
    most = serializers.JSONField(allow_null=True)
    frequent = serializers.ListField(child=serializers.JSONField())
    sampled = serializers.IntegerField(allow_null=True, help_text="仅按前若干行统计时的行数")
