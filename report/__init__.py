from . import crm_client_timeline
