type Words = readonly string[]

export const firstNames: Words = [
  'Amara',
  'Anneli',
  'Bram',
  'Catarina',
  'Dilnoza',
  'Eero',
  'Élodie',
  'Farid',
  'Greta',
  'Hanno',
  'Ilse',
  'Jiří',
  'Kaoru',
  'Lowri',
  'Mireia',
  'Nadim',
  'Oisín',
  'Petra',
  'Quentin',
  'Rosalind',
  'Søren',
  'Tomasz',
  'Ulla',
  'Valeria',
  'Wim',
  'Xiomara',
  'Yusuf',
  'Zofia',
]

export const lastNames: Words = [
  'Abendroth',
  'Bakker',
  'Castellano',
  'Dvořák',
  'Eklund',
  'Fairweather',
  'Grünwald',
  'Hallgren',
  'Ibsen',
  'Jankowski',
  'Kettering',
  'Lindqvist',
  'Marchetti',
  "O'Neill",
  'Nakahara',
  'Okafor',
  'Pellegrin',
  'Quigley',
  'Rautavaara',
  'Sandoval',
  'Thorne',
  'Ullmann',
  'Vasquez',
  'Whitlock',
  'Yilmaz',
  'Zimmermann',
]

export const companyNames: Words = [
  'Brookmere',
  'Calder',
  'Dunmore & Daughters',
  'Eastgate',
  'Fernhill',
  'Goldfinch',
  'Harbourside',
  'Ironbridge',
  'Juniper',
  'Kestrel',
  'Lanternworks',
  'Millrace',
  'Northmoor',
  "O'Hara & Sons",
  'Pinecrest',
  'Quarry Lane',
  'Redwell',
  'Stonebridge',
  'Tidewater',
  'Underhill',
  'Vintner Square',
  'Westering',
  '100% Fresh',
  'Unit_7',
]

export const companyTrades: Words = [
  'Bakery',
  'Brewery',
  'Cold Storage',
  'Dental Clinic',
  'Foundry',
  'Garden Centre',
  'Hotel',
  'Laundry',
  'Logistics',
  'Paper Mill',
  'Primary School',
  'Printing Works',
  'Retirement Home',
  'Sports Hall',
  'Supermarket',
  'Veterinary Surgery',
]

export const streets: Words = [
  'Alder Walk',
  'Bell Lane',
  'Cooper Street',
  'Dock Road',
  'Elm Terrace',
  'Foundry Yard',
  'Granary Row',
  'High Street',
  'Kiln Close',
  'Mill Bank',
  'Orchard Rise',
  'Quay Side',
  'Station Road',
  'Tanner Street',
  'Weaver Court',
]

/** Name, postal code, latitude, longitude of invented places. */
export const cities: readonly City[] = [
  { name: 'Aldenport', postalCode: '1042', latitude: 54.1021, longitude: 9.8843 },
  { name: 'Birkholm', postalCode: '2210', latitude: 55.2307, longitude: 10.4012 },
  { name: 'Caldermouth', postalCode: '3105', latitude: 53.9128, longitude: 10.9005 },
  { name: 'Dornfeld', postalCode: '4471', latitude: 52.6614, longitude: 9.1177 },
  { name: 'Estergaard', postalCode: '5023', latitude: 56.0409, longitude: 9.7351 },
  { name: 'Fjellby', postalCode: '6330', latitude: 57.3166, longitude: 10.1224 },
]

export interface City {
  readonly name: string
  readonly postalCode: string
  readonly latitude: number
  readonly longitude: number
}

export const jobTitles: Words = [
  'Building Supervisor',
  'Caretaker',
  'Chief Operator',
  'Facility Lead',
  'Kitchen Head',
  'Owner',
  'Practice Nurse',
  'Production Planner',
  'Receptionist',
  'Shift Leader',
]

export const machines: Words = [
  'boiler',
  'chiller',
  'compressor',
  'conveyor',
  'dishwasher',
  'dough mixer',
  'extractor fan',
  'freezer room',
  'goods lift',
  'heat pump',
  'ice machine',
  'label printer',
  'oven',
  'sliding door',
  'steam press',
  'water softener',
]

export const faults: Words = [
  'does not start',
  'leaks at the lower seal',
  'makes a grinding noise',
  'overheats after an hour',
  'shows error E{n}',
  'stops in mid-cycle',
  'trips the breaker',
  'vibrates strongly',
]

export const requests: Words = [
  'Annual inspection of the {m}',
  'Install a second {m}',
  'Move the {m} to the new hall',
  'Quote for replacing the {m}',
  'Replace worn parts of the {m}',
  'Train staff on the {m}',
]

export const serviceSteps: Words = [
  'Check the safety shut-off',
  'Clean the filters',
  'Confirm the result with the customer',
  'Drain and refill',
  'Isolate the supply',
  'Lubricate the bearings',
  'Measure supply voltage',
  'Photograph the name plate',
  'Replace the gasket',
  'Test run under load',
  'Tighten all connections',
  'Update the log book',
]

export const remarks: Words = [
  'Access only through the yard gate; ask for the key at reception.',
  'Customer prefers visits before nine.',
  'Part is on order, delivery expected next week.',
  'Photo of the name plate attached.',
  'Reset helped for a day, then the fault came back.',
  'Spoke to the caretaker: the noise started after the power cut.',
  'Warranty ends this year.',
]

export const taskSubjects: Words = [
  'Call back about the quote',
  'Check spare part stock',
  'Confirm the visit',
  'File the inspection report',
  'Order a replacement gasket',
  'Send the safety data sheet',
  'Sign off the work order',
]

export const callSubjects: Words = [
  'Asked for an earlier visit',
  'Complaint about the last invoice',
  'Confirmed the appointment',
  'Reported a fault',
  'Wants a maintenance contract',
]
