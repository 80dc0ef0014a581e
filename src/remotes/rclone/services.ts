/** The names that operators have for a service: which backend of rclone speaks to it, and what this says already. */

interface Service {
  readonly backend: string;
  /** Options that the name implies; one that is given is above it. */
  readonly options?: Readonly<Record<string, string>>;
}

const s3 = (provider: string): Service => ({ backend: 's3', options: { provider } });
const webdav = (vendor: string): Service => ({ backend: 'webdav', options: { vendor } });

/** In small letters, words apart by one space. The long ones are rclone's own names of its backends. */
export const services: Readonly<Record<string, Service>> = {
  gdrive: { backend: 'drive' },
  'google drive': { backend: 'drive' },
  'google cloud storage': { backend: 'gcs' },
  gs: { backend: 'gcs' },
  aws: s3('AWS'),
  'amazon s3': s3('AWS'),
  'aws s3': s3('AWS'),
  wasabi: s3('Wasabi'),
  minio: s3('Minio'),
  ceph: s3('Ceph'),
  r2: s3('Cloudflare'),
  'cloudflare r2': s3('Cloudflare'),
  'digitalocean spaces': s3('DigitalOcean'),
  scaleway: s3('Scaleway'),
  backblaze: { backend: 'b2' },
  'backblaze b2': { backend: 'b2' },
  azure: { backend: 'azureblob' },
  'azure blob storage': { backend: 'azureblob' },
  nextcloud: webdav('nextcloud'),
  owncloud: webdav('owncloud'),
  sharepoint: webdav('sharepoint'),
  cifs: { backend: 'smb' },
  samba: { backend: 'smb' },
  ssh: { backend: 'sftp' },
  'one drive': { backend: 'onedrive' },
  'microsoft onedrive': { backend: 'onedrive' },
  'amazon cloud drive': { backend: 'acd' },
  'google photos': { backend: 'gphotos' },
  'openstack swift': { backend: 'swift' },
};

/** What somebody means by a type; a name that is no service's is taken for a backend's. */
export function serviceOf(type: string): Service {
  const name = type
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ');
  return (Object.hasOwn(services, name) ? services[name] : undefined) ?? { backend: type };
}
