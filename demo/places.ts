/** Places that a quake may be near to. The more there are to look at, the dearer is the filter that asks for the nearest. */
// The package exports only its list of addresses elsewhere, so the file is named by its place.
import airportsTable from '../node_modules/vega-datasets/data/airports.csv?raw';

export interface Place {
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
}

/** Name, latitude, longitude. The first one is for who wants only one. */
const CITIES = `
Los Angeles 34.05 -118.24|Tokyo 35.68 139.69|Delhi 28.61 77.21|Shanghai 31.23 121.47|São Paulo -23.55 -46.63|Mexico City 19.43 -99.13
Cairo 30.04 31.24|Mumbai 19.08 72.88|Beijing 39.90 116.41|Dhaka 23.81 90.41|Osaka 34.69 135.50|New York 40.71 -74.01
Karachi 24.86 67.00|Buenos Aires -34.60 -58.38|Istanbul 41.01 28.98|Kolkata 22.57 88.36|Manila 14.60 120.98|Lagos 6.52 3.38
Rio de Janeiro -22.91 -43.17|Kinshasa -4.44 15.27|Anchorage 61.22 -149.90|San Francisco 37.77 -122.42|Taipei 25.03 121.57|Jakarta -6.21 106.85
Lima -12.05 -77.04|Santiago -33.45 -70.67|Wellington -41.29 174.78|Port Moresby -9.44 147.18|Athens 37.98 23.73|Rome 41.90 12.50
Tehran 35.69 51.39|Kabul 34.56 69.21|Kathmandu 27.72 85.32|Honolulu 21.31 -157.86|San Juan 18.47 -66.11|Reykjavik 64.15 -21.94
Seattle 47.61 -122.33|Reno 39.53 -119.81|Salt Lake City 40.76 -111.89|Suva -18.14 178.44
Moscow 55.76 37.62|London 51.51 -0.13|Paris 48.86 2.35|Madrid 40.42 -3.70|Berlin 52.52 13.41|Vienna 48.21 16.37
Bucharest 44.43 26.10|Kyiv 50.45 30.52|Ankara 39.93 32.86|Baghdad 33.31 44.37|Riyadh 24.71 46.68|Baku 40.41 49.87
Tbilisi 41.72 44.79|Tashkent 41.30 69.24|Almaty 43.24 76.95|Lahore 31.55 74.34|Chennai 13.08 80.27|Bengaluru 12.97 77.59
Hyderabad 17.39 78.49|Colombo 6.93 79.86|Yangon 16.87 96.20|Bangkok 13.76 100.50|Hanoi 21.03 105.85|Ho Chi Minh City 10.82 106.63
Kuala Lumpur 3.14 101.69|Singapore 1.35 103.82|Medan 3.60 98.67|Surabaya -7.26 112.75|Makassar -5.15 119.43|Davao 7.19 125.46
Hong Kong 22.32 114.17|Guangzhou 23.13 113.26|Chengdu 30.57 104.07|Wuhan 30.59 114.31|Xi'an 34.34 108.94|Seoul 37.57 126.98
Busan 35.18 129.08|Sapporo 43.06 141.35|Sendai 38.27 140.87|Fukuoka 33.59 130.40|Petropavlovsk 53.02 158.65|Vladivostok 43.12 131.89
Novosibirsk 55.01 82.94|Yekaterinburg 56.84 60.61|Perth -31.95 115.86|Melbourne -37.81 144.96|Sydney -33.87 151.21|Brisbane -27.47 153.03
Auckland -36.85 174.76|Christchurch -43.53 172.64|Nouméa -22.27 166.44|Port Vila -17.73 168.32|Honiara -9.43 159.95|Apia -13.83 -171.77
Nukuʻalofa -21.14 -175.20|Guam 13.47 144.75|Vancouver 49.28 -123.12|Fairbanks 64.84 -147.72|Juneau 58.30 -134.42|Las Vegas 36.17 -115.14
Denver 39.74 -104.99|Oklahoma City 35.47 -97.52|Houston 29.76 -95.37|Chicago 41.88 -87.63|Atlanta 33.75 -84.39|Miami 25.76 -80.19
Toronto 43.65 -79.38|Boston 42.36 -71.06|Guatemala City 14.63 -90.51|San José 9.93 -84.08|Panama City 8.98 -79.52|Santo Domingo 18.49 -69.93
Caracas 10.48 -66.90|Bogotá 4.71 -74.07|Quito -0.18 -78.47|La Paz -16.49 -68.12|Antofagasta -23.65 -70.40|Nairobi -1.29 36.82
Addis Ababa 9.03 38.74|Johannesburg -26.20 28.05`;

const cities = CITIES.trim()
  .split(/[|\n]/)
  .map((line) => place(/^(?<name>.+) (?<lat>\S+) (?<lon>\S+)$/.exec(line)));

/** Of the United States, small ones too. */
const airports = airportsTable
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => place(/^[^,]*,"?(?<name>[^",]*).*,(?<lat>[^,]+),(?<lon>[^,]+)$/.exec(line)));

export const PLACES = { city: cities.slice(0, 1), cities, airports } satisfies Record<string, readonly Place[]>;

function place(found: RegExpExecArray | null): Place {
  const { name = '', lat, lon } = found?.groups ?? {};
  return { name, lat: Number(lat), lon: Number(lon) };
}
