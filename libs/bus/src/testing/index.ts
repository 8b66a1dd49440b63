export { collector, describeBus, fresh, specialist, type BusSuite } from './bus-suite.ts';
