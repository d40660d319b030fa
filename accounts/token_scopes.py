"""What an API token may be allowed to do; the codes are stored with tokens and never change meaning."""

from enum import StrEnum


class Scope(StrEnum):
    """A view names the scope it needs as ``required_scope``; a view that names none is closed to tokens."""

    ENTERPRISES_READ = "enterprises.read"
    WATCH_WRITE = "watch.write"
    DELIVERIES_WRITE = "deliveries.write"
    DELIVERIES_READ = "deliveries.read"
    CATALOG_READ = "catalog.read"
    CATALOG_WRITE = "catalog.write"
    INDEX_READ = "index.read"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS: dict[Scope, str] = {
    Scope.ENTERPRISES_READ: "查询企业信用",
    Scope.WATCH_WRITE: "维护关注名单",
    Scope.DELIVERIES_WRITE: "报送数据文件",
    Scope.DELIVERIES_READ: "查看报送结果",
    Scope.CATALOG_READ: "读取已获授权的开放数据",
    Scope.CATALOG_WRITE: "编制开放数据目录",
    Scope.INDEX_READ: "查询金融指数",
}
