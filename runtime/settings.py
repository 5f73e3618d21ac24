"""Every setting, read once at the start from the environment and a file; all mistakes are told at once."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from runtime.provider_settings import (
    Crawl4AISettings,
    GigaChatSettings,
    OpenAISettings,
    ProviderSettings,
)
from runtime.store_settings import Neo4jSettings, S3Settings

Service = TypeVar("Service", GigaChatSettings, OpenAISettings, Crawl4AISettings)


class SettingsError(Exception):
    """A setting cannot be used; the message names every one of them."""


_DATABASE: Final = re.compile(r"postgresql://\S+")
_STREAMS: Final = re.compile(r"(rediss?|unix)://\S+")
_ENGINE: Final = re.compile(r"[^\s/:]+:\d+|\[[0-9a-fA-F:]+\]:\d+")


def _database(dsn: SecretStr) -> SecretStr:
    if not _DATABASE.fullmatch(dsn.get_secret_value()):
        raise ValueError("is no address like postgresql://user:password@host:5432/database")
    return dsn


def _streams(url: SecretStr) -> SecretStr:
    if not _STREAMS.fullmatch(url.get_secret_value()):
        raise ValueError("is no address like redis://host:6379/0")
    return url


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _engine(address: str) -> str:
    if not _ENGINE.fullmatch(address):
        raise ValueError("is no address like host:7233")
    return address


class TemporalSettings(BaseModel):
    """The workflow engine. Without an address, a server of our own is started."""

    address: Annotated[str, AfterValidator(_engine)] | None = None
    namespace: str = "default"
    cli: Path | None = None
    ui: bool = True


class CrawlSettings(BaseModel):
    """Reading links. ``resolve`` maps a host to ``address:port`` that the operator vouches for."""

    resolve: dict[str, str] = {}


class VisionSettings(BaseModel):
    """Looking at pictures. ``ocr`` reads their text where tesseract is installed; off, nothing reads it."""

    ocr: bool = True


class FaultySettings(BaseModel):
    """What a faulty provider refuses: one text in ``one_in``, as ``error`` says, until the file ``until`` exists."""

    one_in: int = Field(default=10, ge=1)
    error: Literal["RejectedError", "UnavailableError", "BudgetExhaustedError"] = "RejectedError"
    until: Path | None = None


class StarterSettings(BaseModel):
    """How many posts may be open at once: reading stops at ``high`` and goes on at ``low``."""

    high: int = Field(default=60, ge=1)
    low: int = Field(default=30, ge=0)
    batch: int = Field(default=50, ge=1)


class WorkerSettings(BaseModel):
    """How much a process does at the same time. ``vision`` follows from who looks, unless it is given."""

    workflows: int = Field(default=60, ge=2)
    activities: int = Field(default=60, ge=1)
    tags: int = Field(default=8, ge=1)
    vision: int | None = Field(default=None, ge=1)
    crawl: int = Field(default=8, ge=1)
    sandboxed: bool = False


class Settings(BaseSettings):
    """``POSTLOOM_DATA_DIR=…``, ``POSTLOOM_TEMPORAL__ADDRESS=…``; every key is in deploy/.env.example."""

    model_config = SettingsConfigDict(
        env_prefix="POSTLOOM_", env_nested_delimiter="__", env_file=".env", frozen=True, extra="ignore"
    )

    data_dir: Path = Path("data")
    postgres_dsn: Annotated[SecretStr, AfterValidator(_database)] | None = None
    redis_url: Annotated[SecretStr, AfterValidator(_streams)] | None = None
    qdrant_url: str | None = None
    qdrant_api_key: SecretStr | None = None
    policies: Path | None = None
    http_port: int = Field(default=8480, ge=0, le=65535)
    vector_size: int = Field(default=512, ge=64, le=8192)
    album_deadline_seconds: float = Field(default=600.0, gt=0)
    max_media_mb: float = Field(default=40.0, gt=0)
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)
    ] = "info"
    s3: S3Settings = S3Settings()
    neo4j: Neo4jSettings = Neo4jSettings()
    temporal: TemporalSettings = TemporalSettings()
    crawl: CrawlSettings = CrawlSettings()
    vision: VisionSettings = VisionSettings()
    providers: ProviderSettings = ProviderSettings()
    gigachat: GigaChatSettings = Field(default=GigaChatSettings(), validate_default=True)
    openai: OpenAISettings = Field(default=OpenAISettings(), validate_default=True)
    crawl4ai: Crawl4AISettings = Field(default=Crawl4AISettings(), validate_default=True)
    faulty: FaultySettings = FaultySettings()
    starter: StarterSettings = StarterSettings()
    workers: WorkerSettings = WorkerSettings()

    @field_validator("gigachat", "openai", "crawl4ai")
    @classmethod
    def _can_be_asked(cls, service: Service, info: ValidationInfo) -> Service:
        """What is only needed where somebody is asked is only missing there."""
        providers = info.data.get("providers")
        if isinstance(providers, ProviderSettings) and info.field_name in providers.names:
            service.check()
        return service


def load_settings(**given: Any) -> Settings:
    """Return the settings; ``given`` ones win over environment and file.

    Raises:
        SettingsError: some cannot be used; one sentence for each.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = (f"{_name(e['loc'])}: {_sentence(e)}" for e in error.errors())
        raise SettingsError("settings that cannot be used:\n  " + "\n  ".join(lines)) from error
    except UnreadableError as error:
        raise SettingsError(_unreadable(error)) from error
    except UnicodeDecodeError as error:
        raise SettingsError("settings that cannot be used:\n  .env is not written in UTF-8") from error


def _unreadable(error: UnreadableError) -> str:
    """Say which group of settings is not written as it must be; the value itself may be a secret."""
    field = re.search(r'field "(\w+)"', str(error))
    name = f"POSTLOOM_{field[1].upper()}" if field else "a setting"
    return (
        f"settings that cannot be used:\n  {name}: is a group, whose settings are {name}__…; "
        "a list or a mapping among them is written as JSON"
    )


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        return "is not written like the example in deploy/.env.example"
    said = error["msg"].removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def _name(location: tuple[int | str, ...]) -> str:
    return "POSTLOOM_" + "__".join(str(part) for part in location).upper()
