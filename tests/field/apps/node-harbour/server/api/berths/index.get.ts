export default defineEventHandler(() => berths);
