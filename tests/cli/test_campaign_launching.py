"""What a campaign starts with."""

from cli.campaign.launching import asked_for
from cli.tools import login_name
from contracts.campaign import Selection
from tests.build import TENANT


def test_whoever_is_logged_in_has_asked_for_it() -> None:
    campaign = asked_for(Selection(tenant_id=TENANT), "posts of acme", 5.0)

    assert campaign.by == login_name()
    assert (campaign.title, campaign.per_second) == ("posts of acme", 5.0)
