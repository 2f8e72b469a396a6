import { SignJWT, jwtVerify } from 'jose';
import { env } from '$env/dynamic/private';

const key = new TextEncoder().encode(env.SESSION_KEY ?? 'a key for a lamp that nobody should keep');

export function write(name) {
	return new SignJWT({ name }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('2h').sign(key);
}

export async function read(token) {
	if (!token) return null;
	try {
		return (await jwtVerify(token, key)).payload.name;
	} catch {
		return null;
	}
}
