import { error } from '@sveltejs/kit';
import { arch, versions } from 'node:process';

export function load({ locals, getClientAddress }) {
	if (!locals.keeper) error(403, 'keepers only');
	return { node: versions.node, arch, from: getClientAddress() };
}
