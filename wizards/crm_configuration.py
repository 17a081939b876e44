import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL

from ..models.configuration_file import LARGEST_FILE, MODULE, read_file, write_file
from ..models.configuration_import import ConfigurationImport
from ..models.configuration_portable import PORTABLES
from ..models.own_transaction import undone_transaction

ORDER = ("refused", "changed", "new", "same")
RIGHTS = ("base.group_system", "sales_team.group_sale_manager")


class CrmConfiguration(models.TransientModel):
    """The dialog that writes the configuration into a file, and brings it in from one after it has shown what would
    change."""

    _name = "crm.configuration"
    _description = "Export and Import of the Configuration"

    operation = fields.Selection(
        [("export", "Export to a file"), ("import", "Import from a file")],
        "What to Do",
        required=True,
        default="export",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.user.company_ids.ids)],
        help="Whose configuration it is. What is for every company goes along.",
    )
    part_ids = fields.One2many(
        "crm.configuration.part", "configuration_id", "What", default=lambda self: self._default_part_ids()
    )
    file = fields.Binary(help="A file that was exported here or from another database.")
    file_name = fields.Char()
    content = fields.Binary("Exported File", readonly=True)
    state = fields.Selection(
        [("new", "Not Looked At"), ("ready", "Ready"), ("refused", "Refused"), ("done", "Done")],
        compute="_compute_state",
        store=True,
        readonly=False,
    )
    line_ids = fields.One2many("crm.configuration.line", "configuration_id", "Records", readonly=True)
    summary = fields.Char(compute="_compute_summary")

    @api.model
    def _get_portables(self):
        """What goes from one database to another; a module adds its own models here."""
        return PORTABLES

    @api.model
    def _default_part_ids(self):
        return [Command.create({"name": portable.name}) for portable in self._get_portables()]

    @api.depends("operation", "company_id", "file", "part_ids.is_chosen")
    def _compute_state(self):
        self.state = "new"

    @api.depends("line_ids.state")
    def _compute_summary(self):
        for wizard in self:
            count = wizard.line_ids.grouped("state")
            wizard.summary = self.env._(
                "%(new)s new, %(changed)s changed, %(same)s the same, %(refused)s can't be imported",
                **{state: len(count.get(state, ())) for state in ORDER},
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_export(self):
        """Write the file.

        :return: the action that downloads it
        :raise AccessError: for who is no administrator
        """
        self.ensure_one()
        configuration = self._of_company()
        content = write_file(configuration.env, self._get_chosen())
        self.content = base64.b64encode(content)
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/content/lead_desk.json?download=true",
            "target": "download",
        }

    def action_preview(self):
        """Show for each record of the file what an import would do. It is found out by doing it and undoing it.

        :return: the action that shows this dialog again
        """
        self.ensure_one()
        lists = self._read_lists()
        with undone_transaction(self._of_company()) as configuration:
            lines = configuration._import(self._get_chosen(), lists)
        self.env.registry.clear_all_caches()  # of what has just been undone
        return self._show(lines, "ready")

    def action_import(self):
        """Bring the file in: all of it or, where something is refused, nothing.

        :return: the action that shows this dialog again, with what was done or is in the way
        """
        self.ensure_one()
        lists = self._read_lists()
        self._take_turn()
        savepoint = self.env.cr.savepoint()
        is_done = False
        try:
            lines = self._of_company()._import(self._get_chosen(), lists)
            is_done = all(line["state"] != "refused" for line in lines)
        finally:
            savepoint.close(rollback=not is_done)
        if not is_done:
            self.env.registry.clear_all_caches()
        return self._show(lines, "done")

    def action_close(self):
        """Load the page anew, for the menus and views that have changed."""
        return {"type": "ir.actions.client", "tag": "reload"}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _of_company(self):
        """An empty dialog as who uses this one works in its company, and in no other.

        :raise AccessError: for who may not settle all that a configuration holds
        """
        user = self.env.user
        if not all(map(user.has_group, RIGHTS)) or self.company_id not in user.company_ids:
            raise AccessError(
                self.env._(
                    "Only administrators who manage sales export and import the configuration of their companies."
                )
            )
        return self.browse().with_context(allowed_company_ids=self.company_id.ids)

    def _get_chosen(self):
        names = set(self.part_ids.filtered("is_chosen").mapped("name"))
        return [portable for portable in self._get_portables() if portable.name in names]

    def _read_lists(self):
        self._of_company()
        encoded = self.with_context(bin_size=False).file or b""
        if len(encoded) > LARGEST_FILE * 2:  # more than it can have, without taking it apart
            encoded = encoded[: LARGEST_FILE * 2]
        try:
            raw = base64.b64decode(encoded)
        except binascii.Error as error:
            raise UserError(self.env._("This is no configuration file, or it is damaged. Export it again.")) from error
        if not raw:
            raise UserError(self.env._("Choose a file first."))
        return read_file(self.env, raw)

    @api.model
    def _take_turn(self):
        """Of two imports at once each would make what is new: the second one begins anew after the first."""
        self.env.cr.execute(SQL("UPDATE ir_module_module SET name = name WHERE name = %s", MODULE))

    @api.model
    def _import(self, portables, lists):
        return ConfigurationImport(self.env, portables, lists).run()

    def _show(self, lines, state):
        """
        :param str state: that of the dialog if nothing is refused
        """
        lines = sorted(lines, key=lambda line: ORDER.index(line["state"]))
        labels = dict(self.env["crm.configuration.part"]._select_name())
        commands = [Command.create({**line, "portable": labels[line["portable"].name]}) for line in lines]
        self.line_ids = [Command.clear(), *commands]
        self.state = "refused" if lines and lines[0]["state"] == "refused" else state
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Export and Import"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class CrmConfigurationPart(models.TransientModel):
    _name = "crm.configuration.part"
    _description = "Part of a Configuration"

    configuration_id = fields.Many2one("crm.configuration", required=True, ondelete="cascade")
    name = fields.Selection("_select_name", "Part", required=True)
    is_chosen = fields.Boolean("Take Along", default=True)

    @api.model
    def _select_name(self):
        lang = self.env.lang or "en_US"
        portables = self.env["crm.configuration"]._get_portables()
        return [(portable.name, portable.label._translate(lang)) for portable in portables]


class CrmConfigurationLine(models.TransientModel):
    _name = "crm.configuration.line"
    _description = "What an Import Does With a Record"

    configuration_id = fields.Many2one("crm.configuration", required=True, ondelete="cascade")
    portable = fields.Char("List", readonly=True)
    name = fields.Char("Record", readonly=True)
    state = fields.Selection(
        [("new", "New"), ("changed", "Changed"), ("same", "The same"), ("refused", "Can't be imported")],
        "What Happens",
        readonly=True,
    )
    note = fields.Text("Details", readonly=True)
