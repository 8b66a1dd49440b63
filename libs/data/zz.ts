import { openDataset, checkDataset, decodeImage, resizeImages } from './src/index.ts';
import { readdirSync, readFileSync } from 'node:fs';
for (const n of ['pneumoniamnist','pbcblood','busibreast','mednist','oaiknee','nihcxr14','busibreast_64']) {
const t=performance.now();
const d = await openDataset(`/work/shared/data/${n}.npz`);
const t1=performance.now();
const r = checkDataset(d);
console.log(n, d.task, d.notices, JSON.stringify(r.leaks), r.findings, (t1-t).toFixed(0), (performance.now()-t1).toFixed(0));
}
for (const f of readdirSync('/work/shared/data/dicom')) if (f.endsWith('.dcm')) try { const r = await decodeImage(readFileSync('/work/shared/data/dicom/'+f),{file:f}); console.log(f, r.width, r.height, r.channels, r.data.reduce((a,b)=>a+b,0)/r.data.length) } catch(e) { console.log((e as Error).message) }
// exactness
const d = await openDataset('/work/shared/data/busibreast.npz', {splits:['train']});
for (const [ds, ch] of [['busibreast',1],['mednist',1],['oaiknee',1],['nihcxr14',1],['pbcblood',3],['hamderma',3],['colonpath',3]] as const) {
 const d = await openDataset(`/work/shared/data/${ds}.npz`, {splits:['train']});
 const s = d.splits.train, px=28*28*ch;
 for (const f of readdirSync('/work/shared/data/originals/'+ds)) {
  let r = await decodeImage(readFileSync(`/work/shared/data/originals/${ds}/${f}`));
  let data = r.data;
  if (ch===1 && r.channels===3) data = Uint8Array.from({length:r.width*r.height},(_,i)=> (data[3*i]!*19595+data[3*i+1]!*38470+data[3*i+2]!*7471+0x8000)>>16);
  const out = resizeImages(data,1,{height:r.height,width:r.width,channels:ch},{height:28,width:28},'bicubic');
  let best=1e9,bi=-1; for(let i=0;i<s.count;i++){let m=0; for(let k=0;k<px;k++){const q=Math.abs(out[k]!-s.images[i*px+k]!); if(q>m){m=q; if(m>=best)break;}} if(m<best){best=m;bi=i}}
  console.log(ds,f,r.width,r.height,r.channels,'max diff',best,'row',bi);
 }
}
