"""What the policy file says of money, for those who only show it."""

from domain.spending import SpendingPolicy
from runtime.settings import Settings, SettingsError
from workers.policies import load_policies


def shown_policy(settings: Settings) -> SpendingPolicy:
    """Return it; where the file cannot be used now, amounts are shown all the same, without their currency."""
    try:
        return load_policies(settings.policies).spending
    except SettingsError:
        return SpendingPolicy(currency="")
