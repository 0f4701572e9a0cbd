"""tmp"""
from dataclasses import dataclass
import numpy as np, cv2
from avatars.texturing.texels import texels_of, placed
from avatars.texturing import seen as S, person as P, fill as F, eyes as E, mouth as M
from renderer.mesh import draw_mesh
@dataclass
class T: pass
def textured(head,fit,offsets,view,*,size,seed):
    tx=texels_of(head,size)
    se=S.read_photo(head,tx,view); scalp=head.regions['scalp'].numpy().astype(np.float32); sm=tx.gather(scalp)
    pe=P.measure_person(tx,se,view,sm)
    ears=tx.gather((head.regions['ear_left']|head.regions['ear_right']).numpy().astype(np.float32))>.5
    rest,_=placed(tx,head,head.shaped(fit.betas,offsets).vertices)
    base,_=placed(tx,head,head.v_template)
    trust=P.without_strangers(pe,tx,se,sm,ears,base[:,1]>.005)
    fl=F.fill_skin(head,tx,se.rgb,trust,pe,scalp)
    l=view.landmarks
    bright=float(np.median(view.image[l[[50,280,4,151],1].astype(int),l[[50,280,4,151],0].astype(int)]))
    ec=E.measure_eyes(view,.0122,bright)
    ey=E.blend_eyes(tx,se,E.paint_eyes(head,tx,rest,ec,0))
    mo=M.blend_mouth(tx,se,M.paint_mouth(head,tx,base,bright))
    rgb=fl.rgb+ey*(tx.kind==1)[:,None]+mo*(tx.kind==2)[:,None]
    t=T(); t.rgb=tx.as_map(rgb); t.trust=tx.as_map(trust); t.facing=tx.as_map(se.facing,empty=-1.); t.offset=None
    buf=draw_mesh(view.camera,view.vertices,head.faces)
    far=cv2.distanceTransform(1-buf.mask.astype(np.uint8),cv2.DIST_L2,5)>6
    w=view.inside.astype(np.float32)*(1-(far&(view.matte>.1))); w[int(l[152,1])+12:]=0
    t.weight=w.astype(np.float32)
    return t
