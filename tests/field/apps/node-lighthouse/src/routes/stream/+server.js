export function GET() {
	const flashes = ['long', 'short', 'short'];
	const stream = new ReadableStream({
		async pull(controller) {
			const flash = flashes.shift();
			if (!flash) return controller.close();
			await new Promise((done) => setTimeout(done, 20));
			controller.enqueue(new TextEncoder().encode(`data: ${flash}\n\n`));
		}
	});
	return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}
