from . import base_partner_merge
from . import crm_lead_conclude
from . import crm_lead_remove
from . import crm_lead_type_preset
from . import crm_stage_remap
from . import crm_lead_link_client
from . import crm_lead_link_client_consent
from . import crm_lead_link_client_mass
