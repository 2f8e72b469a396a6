export const berths = [
  { id: 1, name: "Gaivota", length: 9.5, since: "2014-03-01", price: 1210.5 },
  { id: 2, name: "Farol", length: 14, since: "2019-08-20", price: 2300 },
  { id: 3, name: "Enseada", length: 7.25, since: "2023-05-06", price: 880 },
];
export const booked = async () => {
  const store = useStorage("bookings");
  const keys = (await store.getKeys()).sort();
  return Promise.all(keys.map((key) => store.getItem<{ berth: number; ship: string; from: string; nights: number }>(key)));
};
