import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class LeadType extends models.Model {
    _name = "crm.lead.type";

    definition_type_id = fields.Many2one({ relation: "crm.lead.type" });
    property_definition = fields.PropertiesDefinition();
    sample_properties = fields.Properties({
        definition_record: "definition_type_id",
        definition_record_field: "property_definition",
    });
    client_property_names = fields.Json();

    _records = [
        {
            id: 1,
            definition_type_id: 1,
            property_definition: [
                { name: "size", type: "char", string: "Shoe size" },
                { name: "section", type: "separator", string: "The machine" },
                { name: "fault", type: "char", string: "Fault" },
                { name: "budget", type: "integer", string: "Budget" },
            ],
            client_property_names: ["budget"],
        },
    ];
}

defineModels([LeadType]);
defineMailModels();

beforeEach(() => {
    onRpc("has_group", () => true);
    onRpc("web_save", ({ args }) => {
        expect.step(args[1]);
    });
});

const mountType = (values = {}, attributes = "") => {
    Object.assign(LeadType._records[0], values);
    return mountView({
        type: "form",
        resModel: "crm.lead.type",
        resId: 1,
        arch: `
            <form>
                <field name="definition_type_id" invisible="1"/>
                <field name="sample_properties" invisible="1"/>
                <field name="client_property_names" widget="lead_client_properties"
                    options="{'properties_field': 'sample_properties'}" ${attributes}/>
            </form>`,
    });
};

test("a checkbox for every property but separators, checked where it is kept", async () => {
    await mountType();
    expect(queryAllTexts(".o_lead_client_properties label")).toEqual([
        "Shoe size",
        "Fault",
        "Budget",
    ]);
    expect(".o_lead_client_properties input:checked").toHaveCount(1);
    expect(".form-check:contains(Budget) input").toBeChecked();
});

test("a click on the words keeps one more, another click one less", async () => {
    await mountType();
    await contains(".form-check label:contains(Shoe size)").click();
    await clickSave();
    await contains(".form-check label:contains(Budget)").click();
    await clickSave();
    expect.verifySteps([
        { client_property_names: ["size", "budget"] },
        { client_property_names: ["size"] },
    ]);
});

test("the space bar chooses what has the focus", async () => {
    await mountType();
    queryFirst(".form-check:contains(Fault) input").focus();
    await press("Space");
    await animationFrame();
    expect(".form-check:contains(Fault) input").toBeChecked();
    await clickSave();
    expect.verifySteps([{ client_property_names: ["fault", "budget"] }]);
});

test("names of no property are shown nowhere and go with the next change", async () => {
    await mountType({ client_property_names: ["gone", "budget"] });
    expect(".o_lead_client_properties input:checked").toHaveCount(1);
    await contains(".form-check label:contains(Fault)").click();
    await clickSave();
    expect.verifySteps([{ client_property_names: ["fault", "budget"] }]);
});

test("without properties it says how to get one", async () => {
    await mountType({ property_definition: [], client_property_names: false });
    expect(".o_lead_client_properties input").toHaveCount(0);
    expect(".o_lead_client_properties p").toHaveText(
        "This type has no properties yet. Add one above, then choose here whether it is kept.",
    );
});

test("where it can't be changed the choice is shown and nothing can be clicked", async () => {
    await mountType({}, `readonly="1"`);
    expect(".form-check:contains(Budget) input").toBeChecked();
    expect(".o_lead_client_properties input:not(:disabled)").toHaveCount(0);
});
