from . import mail
from . import digest
from . import portal
from . import request
from . import request_conversation
from . import intake
from . import intake_facebook
