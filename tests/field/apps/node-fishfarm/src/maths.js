import { all, create } from 'mathjs';

const math = create(all);
math.import({ ration: (fish, grams, temperature) => math.unit((fish * grams * Math.max(0, temperature)) / 40000, 'kg') });
math.createUnit('feedbag', '25 kg');
const evaluate = math.evaluate;
math.import({ import: () => { throw new Error('import is off'); } }, { override: true });

export const answer = (text, scope = {}) => math.format(evaluate(text, scope), { precision: 6 });
