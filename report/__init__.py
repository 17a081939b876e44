from . import crm_client_timeline
from . import crm_lead_forecast
