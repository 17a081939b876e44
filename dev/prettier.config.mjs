import xml from "@prettier/plugin-xml";

export default {
    plugins: [xml],
    printWidth: 100,
    xmlWhitespaceSensitivity: "strict",
    xmlSelfClosingSpace: true,
};
