from odoo import api, models
from odoo.tools import SQL, convert_file


class CrmLeadReadyMade(models.AbstractModel):
    """Lists that come with ready-made rows, which are their managers' from then on.

    The rows are in a data file of their own, with ``forcecreate="False"``: an update neither changes them nor brings
    back what was deleted. The file ends with a call of :meth:`_load_ready_made`.
    """

    _name = "crm.lead.ready.made"
    _description = "Ready-Made Rows"

    @api.model
    def _load_ready_made(self):
        """Bring the ready-made rows where there have never been any: for a list that is new, an update is like an
        installation. Whether there has been a row the sequence of the ids knows."""
        self.env.cr.execute(SQL("SELECT is_called FROM %s", SQL.identifier(f"{self._table}_id_seq")))
        if not self.env.cr.fetchone()[0]:
            convert_file(self.env, "crm_lead_lifecycle", f"data/{self._table}_data.xml", {}, mode="init")
