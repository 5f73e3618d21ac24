"""Where a team's stores are, and what they ask of whoever uses them."""

from typing import Self

from pydantic import BaseModel, Field, SecretStr, model_validator


class S3Settings(BaseModel):
    """Objects in a bucket; without its name, in a folder of this machine.

    Without an endpoint the bucket is Amazon's; without keys those that the machine has are used.
    """

    bucket: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    endpoint_url: str | None = Field(default=None, pattern=r"^https?://[^@/\s]+/?$")
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: SecretStr | None = None
    create_bucket: bool = False
    tenant_quota_mb: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("access_key and secret_key go together")
        if self.endpoint_url and not self.bucket:
            raise ValueError("an endpoint_url needs a bucket")
        return self


class Neo4jSettings(BaseModel):
    """The graph on a server; without its address, in a folder that one process holds."""

    url: str | None = Field(default=None, pattern=r"^(bolt|neo4j)(\+s|\+ssc)?://[^@/\s]+/?$")
    user: str = "neo4j"
    password: SecretStr | None = None
    database: str = "neo4j"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.url and self.password is None:
            raise ValueError("a url needs a password")
        return self
