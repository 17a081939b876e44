from . import mail
from . import portal
from . import request
from . import request_conversation
