from . import mail
from . import digest
from . import portal
from . import request
from . import request_conversation
from . import proposal
from . import intake
from . import intake_form
