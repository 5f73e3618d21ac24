"""What the doctor finds of other people's models: asked which ones there are, which costs nothing."""

from typing import Final

from cli.doctor.checks import Finding
from cli.patience import answered
from contracts.errors import PipelineError
from runtime.settings import Settings, SettingsError
from workers.accounts import gigachat_account

_PATIENCE: Final = 15.0


async def model_findings(settings: Settings) -> list[Finding]:
    """Return a finding for each service that the settings want to be asked."""
    found = []
    if "gigachat" in settings.providers.names:
        found.append(await _gigachat(settings))
    if "openai" in settings.providers.names:
        address = f"configured: {settings.openai.model} at {settings.openai.base_url}, not asked"
        found.append(Finding("OpenAI-compatible", ok=True, found=address))
    return found


async def _gigachat(settings: Settings) -> Finding:
    try:
        models = await answered("GigaChat", _models(settings), _PATIENCE)
    except (PipelineError, SettingsError) as error:
        return Finding("GigaChat", ok=False, found=str(error), do="correct POSTLOOM_GIGACHAT__…")
    wanted = _wanted(settings)
    if missing := [name for name in wanted if name not in models]:
        do = f"choose another one in POSTLOOM_GIGACHAT__…MODEL; there are: {', '.join(sorted(models))}"
        return Finding("GigaChat", ok=False, found=f"answers, and has no {', '.join(missing)}", do=do)
    return Finding("GigaChat", ok=True, found=f"answers, and has {', '.join(wanted)}")


def _wanted(settings: Settings) -> list[str]:
    chosen, providers = settings.gigachat, settings.providers
    uses = (
        (chosen.model, "gigachat" in providers.taggers),
        (chosen.vision_model, providers.vision == "gigachat"),
        (chosen.embedding_model, providers.embedder == "gigachat"),
    )
    return [model for model, is_used in uses if is_used]


async def _models(settings: Settings) -> frozenset[str]:
    from adapters.gigachat.models import models_of  # heavy, and only where it is wanted

    async with gigachat_account(settings) as account:
        return await models_of(account)
