export default async () => [{ name: "Leek", month: 3 }, { name: "Kale", month: 5 }, { name: "Broad bean", month: 2 }]
