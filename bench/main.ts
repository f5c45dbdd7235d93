import { benchNormalize } from './normalize.bench';
import { peakMemoryMegabytes, printReport } from './report';

printReport('Normalize', benchNormalize());
console.log(`\nPeak memory ${peakMemoryMegabytes().toFixed(0)} MB`);
