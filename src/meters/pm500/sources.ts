/**
 * Publications that the meter table cites: Rockwell Automation user manual 1420-UM001 in revisions D (September 2013),
 * E (March 2016) and G (April 2018), and what was inferred where its pages could not be read.
 */
export const SOURCES = {
  sizes: '1420-UM001E p.81',
  product: '1420-UM001E p.49 Table 10; 1420-UM001G p.59 Table 11',
  status: '1420-UM001D p.61 Tables 31-32',
  energy: '1420-UM001E p.57 Table 25; 1420-UM001D p.55 Table 23',
  configuration: '1420-UM001E p.57 Table 26; 1420-UM001D p.55 Table 24',
  clock: '1420-UM001E p.58 Table 28',
  outputs: '1420-UM001E p.60 Table 31',
  sisterOrder: 'inferred from the register order of the sister product Carlo Gavazzi WM30/WM40; manual page not read',
  sisterCounts: 'inferred: the element count fits the order of the real-time assembly; manual page not read',
  phaseSequence:
    'inferred: the one real-time quantity with neither maximum nor demand fits the 18th element; manual page not read',
  energyPairs:
    'assumed: 18 REALs are nine counters in the order of 1420-UM001E Table 25 as pairs (x 1 000 000, x 1); manual page not read',
  energyPairsOther:
    'assumed: as the pairs of 1420-UM001E Table 25, in another order or with another step; word orders and steps differ between meters of both makers; manual page not read',
  energyWide:
    'assumed: nine unsigned 64-bit counters as in the registers of 1420-UM001E Table 25 are 72 bytes, the size of instance 107, though p.81 says REAL; manual page not read',
  energyWideTenths:
    'assumed: as 64-bit counters, in steps of the last digit of the display, 0.1 kWh (1420-UM001D p.66 Table 37); manual page not read',
  energySingles:
    'assumed: 18 REALs of which the first nine are the counters of 1420-UM001E Table 25; manual page not read',
} as const;
