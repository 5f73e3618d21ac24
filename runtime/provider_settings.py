"""The settings of those who do the thinking."""

import re
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

_TAGGERS: Final = ("local", "faulty", "gigachat", "openai")
_ADDRESS: Final = r"^https?://[^@\s]+$"
#: An authorization key of GigaChat, as its console gives it.
_KEY: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
#: The most seconds that reading one page may take.
LONGEST_PAGE: Final = 44.0


def secret(given: SecretStr | None, file: Path | None, name: str) -> SecretStr | None:
    """Return what was given, or what stands in the file, None where nothing is said.

    Raises:
        ValueError: both are given, or the file cannot be read or is empty.
    """
    if file is None:
        return given
    if given is not None:
        raise ValueError(f"{name} and {name}_file are one too many")
    try:
        read = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise ValueError(f"{name}_file: {file} cannot be read: {why}") from error
    if not read:
        raise ValueError(f"{name}_file: {file} is empty")
    return SecretStr(read)


class GigaChatSettings(BaseModel):
    """The account at GigaChat. ``concurrency``: requests at a time that the contract allows, over all processes.

    The key is in ``credentials`` or in the file ``credentials_file``. Times are in seconds.
    """

    base_url: str = Field(default="https://gigachat.devices.sberbank.ru/api/v1", pattern=_ADDRESS)
    auth_url: str = Field(default="https://ngw.devices.sberbank.ru:9443/api/v2/oauth", pattern=_ADDRESS)
    credentials: SecretStr | None = None
    credentials_file: Path | None = None
    scope: Literal["GIGACHAT_API_PERS", "GIGACHAT_API_B2B", "GIGACHAT_API_CORP"] = "GIGACHAT_API_PERS"
    model: str = Field(default="GigaChat-2", min_length=1)
    vision_model: str = Field(default="GigaChat-2-Pro", min_length=1)
    embedding_model: str = Field(default="Embeddings", min_length=1)
    embedding_tokens: int = Field(default=512, ge=16)
    ca_bundle: Path | None = None
    timeout: float = Field(default=30.0, ge=1, le=30)
    concurrency: int = Field(default=1, ge=1)

    def key(self) -> SecretStr | None:
        """Return the key, None where there is none.

        Raises:
            ValueError: it is to be in a file, and is not.
        """
        return secret(self.credentials, self.credentials_file, "credentials")

    def check(self) -> None:
        """Do nothing where it can be asked.

        Raises:
            ValueError: something is missing; all of it in one sentence.
        """
        mistakes = []
        try:
            if (key := self.key()) is None:
                mistakes.append(
                    "it is asked: POSTLOOM_GIGACHAT__CREDENTIALS or …__CREDENTIALS_FILE is needed"
                )
            elif not _KEY.fullmatch(key.get_secret_value()):
                mistakes.append("credentials are no authorization key: it is written in Base64")
        except ValueError as error:
            mistakes.append(str(error))
        if self.ca_bundle and not self.ca_bundle.is_file():
            mistakes.append(f"ca_bundle: there is no file {self.ca_bundle}")
        if mistakes:
            raise ValueError("; ".join(mistakes))


class OpenAISettings(BaseModel):
    """A service that speaks like OpenAI. The key is in ``api_key`` or in a file; without one none is sent.

    ``name`` is what the service is called in events, prices, the ledger and the brake.
    """

    base_url: str = Field(default="https://api.openai.com/v1", pattern=_ADDRESS)
    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    model: str = Field(default="gpt-4o-mini", min_length=1)
    name: str = Field(default="openai", pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")
    timeout: float = Field(default=30.0, ge=1, le=30)
    concurrency: int = Field(default=4, ge=1)

    @field_validator("name")
    @classmethod
    def _a_name_of_its_own(cls, name: str) -> str:
        if name in _TAGGERS and name != "openai":
            raise ValueError(f"{name} is the name of another provider")
        return name

    def key(self) -> SecretStr | None:
        """Return the key, None where there is none.

        Raises:
            ValueError: it is to be in a file, and is not.
        """
        return secret(self.api_key, self.api_key_file, "api_key")

    def check(self) -> None:
        """Do nothing where it can be asked.

        Raises:
            ValueError: the key is to be in a file, and is not.
        """
        self.key()


class Crawl4AISettings(BaseModel):
    """The Crawl4AI server that reads links. ``timeout`` (seconds) is for one page, with all that is asked on its way.

    The token is in ``token`` or in a file; without one none is sent.
    """

    url: str = Field(default="http://127.0.0.1:11235", pattern=_ADDRESS)
    token: SecretStr | None = None
    token_file: Path | None = None
    timeout: float = Field(default=40.0, gt=0, le=LONGEST_PAGE)

    def key(self) -> str | None:
        """Return the token, None where there is none.

        Raises:
            ValueError: it is to be in a file, and is not.
        """
        found = secret(self.token, self.token_file, "token")
        return found.get_secret_value() if found else None

    def check(self) -> None:
        """Do nothing where it can be asked.

        Raises:
            ValueError: the token is to be in a file, and is not.
        """
        self.key()


class ProviderSettings(BaseModel):
    """Who does the thinking. ``tags`` are names in the order in which they are asked, with commas.

    ``faulty`` is the local tagger that refuses some posts: for trying out what happens then.
    """

    tags: str = "local"
    vision: Literal["local", "gigachat"] = "local"
    embedder: Literal["local", "gigachat"] = "local"
    reader: Literal["local", "crawl4ai"] = "local"

    @property
    def taggers(self) -> tuple[str, ...]:
        """Who is asked for tags, the first one first."""
        return tuple(name.strip() for name in self.tags.split(","))

    @property
    def names(self) -> frozenset[str]:
        """Everybody who is asked for anything."""
        return frozenset((*self.taggers, self.vision, self.embedder, self.reader))

    @field_validator("tags")
    @classmethod
    def _in_order(cls, tags: str) -> str:
        names = [name.strip() for name in tags.split(",")]
        if wrong := [name for name in names if name not in _TAGGERS]:
            raise ValueError(f"there is no {' '.join(wrong) or 'name'}; there are: {', '.join(_TAGGERS)}")
        if len(set(names)) < len(names):
            raise ValueError("somebody stands there twice")
        if "faulty" in names and len(names) > 1:
            raise ValueError("faulty stands alone")
        if "local" in names[:-1]:
            raise ValueError("local always answers: nobody is asked after it")
        return tags
