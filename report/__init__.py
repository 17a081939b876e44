from . import report_rates
from . import crm_client_timeline
from . import crm_lead_forecast
from . import crm_lead_source_report
from . import crm_lead_stage_report
