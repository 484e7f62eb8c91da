"""What every provider keeps, as tests that a third party inherits."""

from __future__ import annotations

from .contract_deeds import DeedsContract
from .contract_facts import FactsContract
from .contract_failures import FailuresContract
from .contract_responding import RespondingContract
from .contract_running import RunningContract
from .contract_silences import SilencesContract

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[31m[@click=app.quit]x[/]\x9b2J\u202e\u200bend"
"""What a source can be made to say: sequences that drive a terminal, markup, text that runs backwards, characters nobody sees."""


class ProviderContract(FactsContract, FailuresContract, DeedsContract, SilencesContract, RespondingContract, RunningContract):
    """Subclass it in a test module and override `provider`, and as many of `hostile`, `malformed`, `failing` and `stalled` (see
    `contract_sources.Sources`) as the source makes possible; what is not overridden is skipped and says so. Each method gives a
    fresh provider whose source is a recording, or a real server.

    ``name`` is the source's name that the providers were made with, ``secrets`` the canaries they were given as secrets,
    ``seconds`` how long a call may take, ``now`` (UTC) the moment at which the recording plays,
    ``no_such_run`` the id of an execution, of the form that the provider gives them, that its source does not know.
    """
